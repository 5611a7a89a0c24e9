// Labels and request headers: which names and values are refused, and that no secret is shown.

import { describe, expect, it } from "vitest";

import { problemsOf } from "./load.ts";

const external = (labels: string): string => `agent.external_labels = { ${labels} }`;
const headers = (pairs: string): string => `[[remote_write]]\nname = "c"\nurl = "http://h/"\nheaders = { ${pairs} }`;

const RESERVED_LABELS = "ip direction interface network instance job period time_zone le quantile endpoint which";
const RESERVED_HEADERS =
  "Content-Encoding content-type HOST X-Prometheus-Remote-Write-Version User-Agent Retry-Attempt Content-Length Connection " +
  "Transfer-Encoding Keep-Alive Proxy-Authenticate WWW-Authenticate Accept-Encoding X-Prometheus-Remote-Read-Version " +
  "X-Amz-Date X-Amz-Security-Token X-Amz-Content-Sha256 Expect Upgrade TE Trailer Proxy-Connection";

describe("labels", () => {
  it.each(RESERVED_LABELS.split(" "))("refuse the reserved name %s", (name) => {
    const problem = `agent.external_labels.${name} = "x": is a reserved label name; use another, e.g. custom_${name}`;
    expect(problemsOf(external(`${name} = "x"`))).toEqual([`agent.toml: ${problem}`]);
  });

  it.each(["__name__", "__proto__", "__x"])("refuse %s, which starts with __", (name) => {
    const problem = `agent.external_labels.${name} = "x": is a reserved label name; use one that does not start with __`;
    expect(problemsOf(external(`${name} = "x"`))).toEqual([`agent.toml: ${problem}`]);
  });

  it.each(["a b", "1a", "a-b", "ä", "a.b"])("refuse the name %j", (name) => {
    expect(problemsOf(external(`"${name}" = "x"`))).toEqual([
      expect.stringMatching(/ = "x": is not a label name; use letters, digits and _, and no digit in front$/),
    ]);
  });

  it("of networks follow the same rules", () => {
    const network =
      '[[network]]\nname = "n"\nprefixes = ["::1"]\nlabels = { job = "x", a = "", b = 1, constructor = "fine" }';
    expect(problemsOf(network)).toEqual([
      'agent.toml: network[0].labels.job = "x": is a reserved label name; use another, e.g. custom_job',
      'agent.toml: network[0].labels.a = "": is an empty label value; write a value or remove the label',
      'agent.toml: network[0].labels.b = 1: is not text; write the label\'s value in quotes, e.g. "acmecorp"',
    ]);
  });

  it("are a table", () => {
    expect(problemsOf('agent.external_labels = "x"')).toEqual([
      'agent.toml: agent.external_labels = "x": is not a table; write e.g. { site = "fra" }',
    ]);
  });
});

describe("headers", () => {
  it.each(RESERVED_HEADERS.split(" "))("refuse %s, in any case of letters", (name) => {
    const problem = `remote_write[0].headers.${name}: is a reserved header that the agent sets; remove it`;
    expect(problemsOf(headers(`${name} = "x"`))).toEqual([`agent.toml: ${problem}`]);
  });

  it("refuse authorization and point to the keys for it, without its value", () => {
    expect(problemsOf(headers('Authorization = "Bearer hunter2"'))).toEqual([
      "agent.toml: remote_write[0].headers.Authorization: is a reserved header; use authorization, basic_auth or oauth2",
    ]);
    expect(problemsOf(headers('Proxy-Authorization = "Basic hunter2"'))).toEqual([
      "agent.toml: remote_write[0].headers.Proxy-Authorization: is a reserved header; use user and password in proxy_url",
    ]);
  });

  it("refuse names and values that no request can carry", () => {
    expect(problemsOf(headers('"a b" = "x", c = "x\\ny", d = 1'))).toEqual([
      'agent.toml: remote_write[0].headers."a b": is not a header name; use letters, digits and -',
      "agent.toml: remote_write[0].headers.c: has a character that no header may have; use ASCII",
      'agent.toml: remote_write[0].headers.d: is not text; write the header\'s value in quotes, e.g. "fra"',
    ]);
  });
});

describe("secrets in the wrong place", () => {
  it.each([
    'query.basic_auth = "me:hunter2"',
    'query.basic_auth = { username = "me:hunter2", password = "hunter2" }',
    'query.basic_auth = { username = ["hunter2"], password_file = "none" }',
    'query.authorization = { type = "Bearer hunter2", credentials = "hunter2" }',
    'query.bearer_token = "hunter2"',
    'query.url = "me:hunter2@h"',
    'query.url = "https://me:hunter2/3@h/"',
    'query.password = "hunter2',
    'query.proxy_url = "http://me:hunter2@proxy:3128/path"',
    'query.proxy_url = "socks5://me:hunter2@proxy:3128"',
    'query.proxy_url = "me:hunter2@proxy:3128"',
    'query.oauth2 = { client_id = "a", client_secret = "hunter2", token_url = "http://h/" }',
    'query.oauth2 = { client_id = "a", client_secret_file = "none", token_url = "https://me:hunter2@h/" }',
    'query.oauth2 = { client_id = "a", client_secret_file = "none", token_url = "h?secret=hunter2" }',
    'query.oauth2 = { client_id = "a", token_url = "http://h/", endpoint_params = { client_secret = "hunter2" } }',
    'query.oauth2 = { client_id = "a", token_url = "http://h/", endpoint_params = { secret = ["hunter2"] } }',
    'query.oauth2 = { client_id = "a", token_url = "http://h/", proxy_url = "hunter2" }',
    'query.oauth2 = "hunter2"',
  ])("are not shown: %s", (toml) => {
    const problems = problemsOf(toml);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).not.toContain("hunter2");
  });

  it("are answered with the key to use", () => {
    const basic = 'basic_auth = { username = "me", password = "hunter2" }';
    expect(problemsOf(`[query]\nurl = "http://h"\n${basic}`)).toEqual([
      'agent.toml: query.basic_auth.password_file: is missing; add e.g. password_file = "remote-write.password"',
      "agent.toml: query.basic_auth.password: is an unknown key; did you mean password_file?",
    ]);
  });
});

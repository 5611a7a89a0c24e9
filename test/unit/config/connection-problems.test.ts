// Rules of a connection's keys: authentication, TLS and proxy, with Prometheus' names.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { loadConfig } from "../../../src/config/config.ts";
import { inFolder, load, problemsOf } from "./load.ts";

const query = (rest: string): string => `[query]\nurl = "http://h"\n${rest}`;
/** agent.toml is the one file that is there. */
const BASIC = 'basic_auth = { username = "u", password_file = "agent.toml" }';
const TOKEN = 'authorization = { credentials_file = "agent.toml" }';
const oauth2 = (rest = ""): string =>
  `oauth2 = { client_id = "c", client_secret_file = "agent.toml", token_url = "http://t/"${rest} }`;

const ROWS: readonly (readonly [rule: string, toml: string, problem: string])[] = [
  ["oauth2 next to basic_auth", `${BASIC}\n${oauth2()}`, "oauth2: stands next to basic_auth; remove one of the two"],
  [
    "oauth2 next to authorization",
    `${TOKEN}\n${oauth2()}`,
    "oauth2: stands next to authorization; remove one of the two",
  ],
  [
    "two names of a user",
    'basic_auth = { username = "u", username_file = "agent.toml", password_file = "agent.toml" }',
    'basic_auth.username_file = "agent.toml": stands next to username; remove one of the two',
  ],
  [
    "a user without a name",
    'basic_auth = { password_file = "agent.toml" }',
    'basic_auth.username: is missing; add e.g. username = "edge-01", or username_file',
  ],
  [
    "a token for basic authentication",
    'authorization = { type = "basic", credentials_file = "agent.toml" }',
    "authorization.type: cannot be built from a token; use basic_auth",
  ],
  ...["TLS10", "TLS11"].map(
    (version) =>
      [
        `the version ${version}`,
        `tls_config.min_version = "${version}"`,
        `tls_config.min_version = "${version}": is too old to be safe; write "TLS12" or "TLS13"`,
      ] as const,
  ),
  [
    "a version by another name",
    'tls_config.min_version = "1.2"',
    'tls_config.min_version = "1.2": is not a TLS version; write "TLS12" or "TLS13"',
  ],
  [
    "TLS versions of the token server",
    oauth2(', tls_config = { min_version = "TLS11" }'),
    'oauth2.tls_config.min_version = "TLS11": is too old to be safe; write "TLS12" or "TLS13"',
  ],
  [
    "a certificate without key for the token server",
    oauth2(', tls_config = { cert_file = "agent.toml" }'),
    'oauth2.tls_config.cert_file = "agent.toml": needs key_file; add it',
  ],
  [
    "a missing file of the token server",
    oauth2(', tls_config = { ca_file = "none" }'),
    'oauth2.tls_config.ca_file = "none": cannot be read (no such file); make none readable',
  ],
  ["no_proxy alone", 'no_proxy = "h"', 'no_proxy = "h": needs proxy_url; add it'],
  [
    "proxy_url next to the environment",
    'proxy_url = "http://u:p@p:1"\nproxy_from_environment = true',
    'proxy_url = "http://***@p:1": stands next to proxy_from_environment; remove one of the two',
  ],
  [
    "no_proxy next to the environment",
    'no_proxy = "h"\nproxy_from_environment = true',
    'no_proxy = "h": stands next to proxy_from_environment; remove one of the two',
  ],
  ["no_proxy of the token server alone", oauth2(', no_proxy = "h"'), "oauth2.no_proxy: needs proxy_url; add it"],
  [
    "a proxy that is no URL",
    'proxy_url = "proxy:3128"',
    'proxy_url = "proxy:3128": is not a http or https URL; write e.g. "http://proxy.example.net:3128"',
  ],
  [
    "a proxy of another protocol",
    'proxy_url = "socks5://proxy:1080"',
    'proxy_url = "socks5://proxy:1080": is not a http or https URL; write e.g. "http://proxy.example.net:3128"',
  ],
  [
    "a proxy with a path",
    'proxy_url = "http://proxy:3128/x"',
    'proxy_url = "http://proxy:3128/x": has a path; write scheme, host and port alone',
  ],
  [
    "a token URL with credentials",
    'oauth2 = { client_id = "c", client_secret_file = "agent.toml", token_url = "http://u:p@t/" }',
    "oauth2.token_url: has credentials; remove them and use client_id and client_secret_file",
  ],
  [
    "the secret as a parameter",
    oauth2(', endpoint_params = { client_secret = "x" }'),
    "oauth2.endpoint_params.client_secret: is no parameter of its own; use client_secret_file",
  ],
  ["a key that is not followed", "follow_redirects = true", "follow_redirects: is an unknown key; use one of url, "],
];

describe("a problem of a connection", () => {
  it.each(ROWS)("is reported for %s", (_rule, toml, problem) => {
    const [line, ...others] = problemsOf(query(toml));
    // One row ends in the list of all keys.
    expect(line?.slice(0, `agent.toml: query.${problem}`.length)).toBe(`agent.toml: query.${problem}`);
    expect(others).toEqual([]);
  });

  it("is reported for a message that is none", () => {
    const toml = '[[remote_write]]\nname = "a"\nurl = "http://h"\nprotobuf_message = "v2"';
    expect(problemsOf(toml)).toEqual([
      'agent.toml: remote_write[0].protobuf_message = "v2": is not one of prometheus.WriteRequest, ' +
        "io.prometheus.write.v2.Request; write one of them",
    ]);
  });
});

describe("a connection", () => {
  it("takes what Prometheus takes, and resolves its files", () => {
    inFolder((folder) => {
      const file = join(folder, "agent.toml");
      writeFileSync(file, query(OAUTH2));
      expect(loadConfig(file).query).toMatchObject({
        auth: {
          kind: "oauth2",
          clientId: "edge",
          clientSecretFile: file,
          scopes: ["a", "b"],
          tokenUrl: "https://login/token",
          endpointParams: { audience: "prometheus" },
          tls: { caFile: file, serverName: "login.test", minVersion: "TLSv1.3", insecureSkipVerify: false },
          proxy: { kind: "url", url: "http://u:p@proxy:3128", noProxy: null },
        },
        tls: { minVersion: "TLSv1.2" },
        proxy: { kind: "url", url: "https://proxy", noProxy: "10.0.0.0/8,.example.net" },
      });
    });
  });

  it("takes the proxy from the environment, and a message by its name", () => {
    const toml =
      '[[remote_write]]\nname = "a"\nurl = "http://h"\nproxy_from_environment = true\n' +
      'protobuf_message = "io.prometheus.write.v2.Request"';
    expect(load(toml).remoteWrite[0]).toMatchObject({
      proxy: { kind: "environment" },
      protobufMessage: "io.prometheus.write.v2.Request",
    });
  });
});

const OAUTH2 = `
proxy_url = "https://proxy"
no_proxy = "10.0.0.0/8,.example.net"
[query.oauth2]
client_id = "edge"
client_secret_file = "agent.toml"
scopes = ["a", "b"]
token_url = "https://login/token"
endpoint_params = { audience = "prometheus" }
proxy_url = "http://u:p@proxy:3128"
tls_config = { ca_file = "agent.toml", server_name = "login.test", min_version = "TLS13" }
`;

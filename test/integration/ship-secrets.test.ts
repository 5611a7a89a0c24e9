// No secret leaves by a log line, the status, a metric, a dead letter or the answer of `check`, on any path that fails,
// also where a receiver, a proxy or a token server echoes all that it was sent. Build before: `check` is the built program.

import { writeFile } from "node:fs/promises";
import { stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import type { AuthOptions } from "../../src/http/connection-options.ts";
import type { EndpointOptions } from "../../src/ship/endpoint-options.ts";
import { runCommand } from "../support/agent-process.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { type Answer, type ReceivedRequest, Receiver } from "../support/receiver.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { type TokenRequest, TokenServer } from "../support/token-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

const PASSWORD = "pässword-Zq7/+ 1";
const BEARER = "bearer-Zq7.aaaa.bbbb";
const CLIENT_SECRET = "client-Zq7&=% 2";
const TOKEN_PREFIX = "access-Zq7-";
const PARAMETER = "parameter-Zq7";
const HEADER = "header-Zq7";
const PROXY_PASSWORD = "proxy-Zq7:3";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const FORMS = [PASSWORD, BEARER, CLIENT_SECRET, TOKEN_PREFIX, PARAMETER, HEADER, PROXY_PASSWORD].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams([["", secret]]).toString().slice(1),
  JSON.stringify(secret).slice(1, -1),
  base64(secret),
]);
const SECRETS = [
  ...FORMS,
  base64(`edge:${PASSWORD}`),
  base64(`edge:${PROXY_PASSWORD}`),
  base64(`edge:${encodeURIComponent(CLIENT_SECRET).replaceAll("%20", "+")}`),
  // What all of them hold, so that a part of one shows too.
  "Zq7",
];

/** What came in, the secrets of it first: a reason has 200 characters. */
function echoOf({ headers }: ReceivedRequest): string {
  const { authorization = "", "x-api-key": key = "" } = headers;
  const [, encoded = ""] = /^Basic (.*)$/.exec(authorization) ?? [];
  return `${authorization} ${Buffer.from(encoded, "base64").toString()} ${String(key)} ${JSON.stringify(headers)}`;
}
const echoing =
  (status: number, headers: Answer["headers"] = {}) =>
  (request: ReceivedRequest) => ({
    status,
    headers,
    body: echoOf(request),
  });

async function files(folder: TempFolder): Promise<Record<"basic" | "bearer", AuthOptions>> {
  await writeFile(folder.file("password"), PASSWORD);
  await writeFile(folder.file("bearer"), BEARER);
  await writeFile(folder.file("client"), CLIENT_SECRET);
  return {
    basic: { kind: "basic", username: "edge", passwordFile: folder.file("password") },
    bearer: { kind: "authorization", type: "Bearer", credentialsFile: folder.file("bearer") },
  };
}

const oauth2 = (folder: TempFolder, tokenUrl: string): AuthOptions => ({
  kind: "oauth2",
  clientId: "edge",
  clientSecretFile: folder.file("client"),
  scopes: [],
  tokenUrl,
  endpointParams: { resource: PARAMETER },
  tls: { insecureSkipVerify: false },
  proxy: { kind: "none" },
});

const proxied = (url: string) => ({ kind: "url", url, noProxy: null }) as const;
const userInfo = `edge:${encodeURIComponent(PROXY_PASSWORD)}@`;

/** Everything that a shipper with these endpoints has written once each of them has failed. */
async function written(endpoints: readonly EndpointOptions[]): Promise<string> {
  await using ship = startShipper(endpoints, requestOf(1), requestOf(2));
  const failed = (): boolean =>
    ship.shipper.state().every(({ name, lastError }) => lastError !== null || ship.outbox.pending(name) === 0);
  await waitFor("each to fail", failed);
  const parts = [ship.lines, ship.shipper.state(), ship.outbox.parked.map(({ words }) => words)];
  return `${parts.map((part) => JSON.stringify(part)).join("\n")}\n${await ship.metrics.metrics()}`;
}

const found = (text: string): string[] => SECRETS.filter((secret) => text.includes(secret));

describe.concurrent("secrets", () => {
  it.each([400, 401, 403, 413, 422, 429, 500])(
    "are not repeated when a receiver echoes them with %i",
    async (status) => {
      await using folder = await tempFolder();
      await using tokens = await TokenServer.start({ prefix: TOKEN_PREFIX });
      await using receiver = await Receiver.start();
      receiver.rule = echoing(status);
      const { basic, bearer } = await files(folder);
      const text = await written([
        endpointOf(receiver.url, { name: "basic", auth: basic }),
        endpointOf(receiver.url, { name: "bearer", auth: bearer }),
        endpointOf(receiver.url, { name: "oauth2", auth: oauth2(folder, tokens.url) }),
        endpointOf(receiver.url, { name: "header", headers: { "X-Api-Key": HEADER } }),
      ]);
      expect(receiver.requests.length).toBeGreaterThan(3);
      expect(text).toContain(`HTTP ${status}`);
      expect(found(text)).toEqual([]);
    },
  );

  it("are not repeated when a redirect or a page of a portal echoes them", async () => {
    await using folder = await tempFolder();
    await using moved = await Receiver.start();
    await using portal = await Receiver.start();
    moved.rule = echoing(302, { location: `http://portal.test/${BEARER}?token=${BEARER}` });
    portal.rule = echoing(200, { "content-type": "text/html" });
    const { bearer } = await files(folder);
    const text = await written([
      endpointOf(moved.url, { name: "moved", auth: bearer }),
      endpointOf(portal.url, { name: "portal", auth: bearer }),
    ]);
    expect(text).toContain("redirect to http://portal.test/***, not followed");
    expect(found(text)).toEqual([]);
  });

  it.each([400, 401, 403, 500, 200])("are not repeated when a token URL echoes them with %i", async (status) => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await files(folder);
    const echo = ({ form, authorization }: TokenRequest): string => `${authorization} ${JSON.stringify(form)}`;
    tokens.rule = (request) => [
      status,
      { error: "invalid_client", error_description: echo(request), error_uri: `http://t.test/${CLIENT_SECRET}` },
    ];
    const text = await written([endpointOf("http://127.0.0.1:1/", { auth: oauth2(folder, tokens.url) })]);
    expect(text).toContain(`answers HTTP ${status} (invalid_client)`);
    expect(tokens.requests.length).toBeGreaterThan(0);
    expect(found(text)).toEqual([]);
  });

  it("of a proxy's URL are not repeated when it refuses, is absent, or echoes them", async () => {
    await using proxy = await ForwardProxy.start({ credentials: "edge:another" });
    await using echo = await Receiver.start();
    echo.rule = (request) => ({ status: 403, body: JSON.stringify(request.headers) + PROXY_PASSWORD });
    const text = await written([
      endpointOf("http://receiver.test:81/", { name: "plain", proxy: proxied(proxy.urlAs(userInfo)) }),
      endpointOf("https://receiver.test/", { name: "tunnel", proxy: proxied(proxy.urlAs(userInfo)) }),
      endpointOf("https://receiver.test/", { name: "absent", proxy: proxied(`http://${userInfo}127.0.0.1:1`) }),
      endpointOf("http://receiver.test:81/", {
        name: "echo",
        proxy: proxied(`http://${userInfo}127.0.0.1:${echo.port}`),
      }),
    ]);
    expect(echo.requests[0]?.headers["proxy-authorization"]).toBe(`Basic ${base64(`edge:${PROXY_PASSWORD}`)}`);
    expect(text).toContain("HTTP 407");
    expect(text).toContain("HTTP 403");
    expect(found(text)).toEqual([]);
  });

  it("that no header can carry are not repeated", async () => {
    await using folder = await tempFolder();
    await using receiver = await Receiver.start();
    const { bearer } = await files(folder);
    await writeFile(folder.file("bearer"), `${BEARER}\n${BEARER}`);
    const text = await written([endpointOf(receiver.url, { auth: bearer })]);
    expect(text).toContain("holds no token of one line");
    expect(found(text)).toEqual([]);
  });

  it("are in nothing that `check` prints", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    await using proxy = await ForwardProxy.start({ credentials: "edge:another" });
    tokens.rule = ({ form }) => [400, { error: "invalid_client", error_description: JSON.stringify(form) }];
    receiver.rule = echoing(401);
    await files(folder);
    const client = { client_id: "edge", client_secret_file: "client", token_url: tokens.url };
    const endpoints: Record<string, object> = {
      basic: { basic_auth: { username: "edge", password_file: "password" } },
      bearer: { authorization: { credentials_file: "bearer" } },
      oauth2: { oauth2: { ...client, endpoint_params: { resource: PARAMETER } } },
      proxy: { proxy_url: proxy.urlAs(userInfo) },
      header: { headers: { "X-Api-Key": HEADER } },
    };
    const config = {
      agent: { state_dir: "state", listen: "" },
      interface: [{ name: "lo" }],
      network: [{ name: "acme", prefixes: ["192.0.2.0/24"] }],
      remote_write: Object.entries(endpoints).map(([name, keys]) => ({ name, url: receiver.url, ...keys })),
    };
    await writeFile(folder.file("agent.toml"), stringify(config));
    const { code, stdout, complaints } = await runCommand("check", "--config", folder.file("agent.toml"));
    const text = [stdout, ...complaints].join("\n");
    expect(code).toBe(2);
    expect(text.match(/^FAIL {2}endpoint /gm)).toHaveLength(Object.keys(endpoints).length);
    expect(text).toContain("HTTP 401");
    expect(found(text)).toEqual([]);
  });
});

// The ship stage with OAuth 2.0 client credentials, against a real token server on loopback.

import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { OAuth2Options } from "../../src/http/connection-options.ts";
import { selfSigned } from "../support/certificates.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { freePort } from "../support/free-port.ts";
import { Receiver } from "../support/receiver.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { TokenServer } from "../support/token-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

async function oauth2(folder: TempFolder, tokenUrl: string, changes: Partial<OAuth2Options> = {}) {
  await writeFile(folder.file("secret"), "s3cret:&\n");
  const options: OAuth2Options = {
    kind: "oauth2",
    clientId: "edge 01",
    clientSecretFile: folder.file("secret"),
    scopes: [],
    tokenUrl,
    endpointParams: {},
    tls: { insecureSkipVerify: false },
    proxy: { kind: "none" },
    ...changes,
  };
  return options;
}

const sentTokens = (receiver: Receiver) => receiver.requests.map(({ headers }) => headers.authorization);

describe.concurrent("OAuth 2.0", () => {
  it("asks once for a token, by the specification, and sends it with every request", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    const auth = await oauth2(folder, tokens.url, { scopes: ["a", "b"], endpointParams: { audience: "x y" } });
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1), requestOf(2), requestOf(3));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(sentTokens(receiver)).toEqual(["Bearer t1", "Bearer t1", "Bearer t1"]);
    // RFC 6749 section 2.3.1: form-encoded, then joined.
    const basic = Buffer.from("edge+01:s3cret%3A%26").toString("base64");
    expect(tokens.requests).toEqual([
      {
        method: "POST",
        path: "/oauth2/token",
        authorization: `Basic ${basic}`,
        form: { grant_type: "client_credentials", scope: "a b", audience: "x y" },
      },
    ]);
  });

  it("fetches a token anew shortly before it expires", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    tokens.expiresIn = 2;
    const auth = await oauth2(folder, tokens.url);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("the first delivery", () => ship.outbox.pending("central") === 0);
    await waitFor("a fresh token", () => {
      if (ship.outbox.pending("central") === 0) ship.outbox.append(requestOf(receiver.requests.length + 1));
      return tokens.issued >= 2;
    });
    await waitFor("the delivery", () => sentTokens(receiver).includes("Bearer t2"));
    expect(ship.headlines()).toEqual([]);
  });

  it("keeps a token without a known end", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    tokens.expiresIn = null;
    const auth = await oauth2(folder, tokens.url);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(tokens.issued).toBe(1);
  });

  it("fetches a token anew, once, when the receiver answers 401, and goes on without a wait", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    receiver.script({ status: 204 }, { status: 401 }, { status: 204 });
    const auth = await oauth2(folder, tokens.url);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(sentTokens(receiver)).toEqual(["Bearer t1", "Bearer t1", "Bearer t2"]);
    expect(ship.headlines()).toEqual([]);
  });

  it("holds after a second 401", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    receiver.rule = () => ({ status: 401 });
    const auth = await oauth2(folder, tokens.url);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("the hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(sentTokens(receiver)).toEqual(["Bearer t1", "Bearer t2"]);
    expect(ship.shipper.state()[0]?.lastError).toBe("HTTP 401");
  });

  it("takes the client's secret from the file again after a change", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    receiver.script({ status: 204 }, { status: 503 });
    const auth = await oauth2(folder, tokens.url);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1), requestOf(2));
    await waitFor("the 503", () => receiver.requests.length === 2);
    await writeFile(folder.file("secret"), "another");
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(sentTokens(receiver)).toEqual(["Bearer t1", "Bearer t1", "Bearer t2"]);
    const basic = Buffer.from("edge+01:another").toString("base64");
    expect(tokens.requests[1]?.authorization).toBe(`Basic ${basic}`);
  });

  it("puts the client's secret into the body for a server that wants it there, and remembers that", async () => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    tokens.rule = ({ form }) => (form["client_secret"] === "s3cret:&" ? null : [401, { error: "invalid_client" }]);
    receiver.script({ status: 401 });
    const auth = await oauth2(folder, tokens.url);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(tokens.requests.map(({ form }) => form["client_id"])).toEqual([undefined, "edge 01", "edge 01"]);
  });

  it("retries while the token URL cannot be reached, and pushes nothing", async () => {
    await using folder = await tempFolder();
    await using receiver = await Receiver.start();
    const port = await freePort();
    const auth = await oauth2(folder, `http://127.0.0.1:${port}/token`);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]).toMatchObject({
      state: "retrying",
      lastError: `no token: ECONNREFUSED at 127.0.0.1:${port}`,
    });
    expect(receiver.requests).toEqual([]);
  });

  it.each<[number, string | object, string, string]>([
    [503, "", "retrying", "answers HTTP 503"],
    [
      401,
      { error: "invalid_client", error_description: "s3cret:& is wrong" },
      "holding",
      "answers HTTP 401 (invalid_client)",
    ],
    [302, "", "holding", "answers HTTP 302"],
    [200, "<html>log in", "holding", "answers HTTP 200 without a token"],
  ])("with a token URL that answers %i %j is %s", async (status, body, state, reason) => {
    await using folder = await tempFolder();
    await using tokens = await TokenServer.start();
    await using receiver = await Receiver.start();
    tokens.rule = () => [status, body, { location: "http://127.0.0.1:1/?secret" }];
    const auth = await oauth2(folder, `${tokens.url}?tenant=hidden`);
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]).toMatchObject({ state, lastError: `the token URL ${tokens.url} ${reason}` });
    expect(receiver.requests).toEqual([]);
    tokens.rule = () => null;
  });

  it("holds while the file of the secret is absent or empty", async () => {
    await using folder = await tempFolder();
    await using receiver = await Receiver.start();
    await writeFile(folder.file("empty"), " \n");
    const auth = await oauth2(folder, "http://127.0.0.1:1/token");
    const endpoints = ["empty", "absent"].map((name) =>
      endpointOf(receiver.url, { name, auth: { ...auth, clientSecretFile: folder.file(name) } }),
    );
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("both to hold", () => ship.shipper.state().every(({ state }) => state === "holding"));
    expect(ship.shipper.state().map(({ lastError }) => lastError)).toEqual([
      `${folder.file("empty")} is empty`,
      `cannot read ${folder.file("absent")}: ENOENT`,
    ]);
  });

  it("reaches the token URL by its own TLS settings and proxy, not by the endpoint's", async () => {
    await using folder = await tempFolder();
    const { certFile: caFile, cert, key } = await selfSigned(folder, "login", "DNS:login.test");
    await using tokens = await TokenServer.start({ tls: { cert, key } });
    await using proxy = await ForwardProxy.start();
    await using receiver = await Receiver.start();
    const tokenUrl = `https://login.test:${tokens.port}/oauth2/token`;
    const auth = await oauth2(folder, tokenUrl, {
      tls: { caFile, insecureSkipVerify: false },
      proxy: { kind: "url", url: proxy.url, noProxy: null },
    });
    const unknown = { ...auth, tls: { insecureSkipVerify: false } };
    const endpoints = [
      endpointOf(receiver.url, { auth }),
      endpointOf(receiver.url, { name: "unknown", auth: unknown, tls: { caFile, insecureSkipVerify: false } }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    await waitFor("the refusal", () => ship.shipper.state()[1]?.lastError);
    expect(proxy.served).toContain(`CONNECT login.test:${tokens.port}`);
    expect(proxy.served.filter((line) => line.startsWith("POST"))).toEqual([]);
    expect(ship.shipper.state()[1]?.lastError).toContain("no token: DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

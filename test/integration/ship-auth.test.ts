// The ship stage against a real loopback receiver: credentials and TLS.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Receiver } from "../support/receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

describe.concurrent("authorization and TLS", () => {
  it("takes credentials from the file again after a change, and never logs them", async () => {
    await using folder = await tempFolder();
    await using receiver = await Receiver.start();
    await writeFile(folder.file("token"), "first-secret\n");
    receiver.script({ status: 204 }, { status: 503 });
    const auth = { kind: "authorization", type: "Bearer", credentialsFile: folder.file("token") } as const;
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1), requestOf(2));
    await waitFor("the 503", () => receiver.requests.length === 2);
    await writeFile(folder.file("token"), "second-secret");
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    const sent = receiver.requests.map((request) => request.headers.authorization);
    expect(sent).toEqual(["Bearer first-secret", "Bearer first-secret", "Bearer second-secret"]);
    expect(JSON.stringify(ship.lines)).not.toContain("secret");
  });

  it("sends basic authentication", async () => {
    await using folder = await tempFolder();
    await using receiver = await Receiver.start();
    await writeFile(folder.file("password"), "pässword\n");
    const auth = { kind: "basic", username: "edge", passwordFile: folder.file("password") } as const;
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    const expected = `Basic ${Buffer.from("edge:pässword").toString("base64")}`;
    expect(receiver.requests[0]?.headers.authorization).toBe(expected);
  });

  it("holds without pushing while the credentials cannot be read", async () => {
    await using receiver = await Receiver.start();
    const auth = { kind: "authorization", type: "Bearer", credentialsFile: "/nonexistent/token" } as const;
    await using ship = startShipper([endpointOf(receiver.url, { auth })], requestOf(1));
    await waitFor("the endpoint to hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(ship.shipper.state()[0]?.lastError).toBe("cannot read /nonexistent/token: ENOENT");
    expect(receiver.requests).toEqual([]);
  });

  it("verifies the receiver by the configured authority and name, and presents its own certificate", async () => {
    await using folder = await tempFolder();
    const [cert, key] = [folder.file("cert.pem"), folder.file("key.pem")];
    const subject = ["-subj", "/CN=metrics.test", "-addext", "subjectAltName=DNS:metrics.test", "-days", "2"];
    await promisify(execFile)("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject,
    ]);
    const pem = { cert: await readFile(cert), key: await readFile(key) };
    const tls = { ...pem, ca: pem.cert, requestCert: true, rejectUnauthorized: true };
    await using receiver = await Receiver.start({ tls });
    const mutual = { caFile: cert, certFile: cert, keyFile: key, insecureSkipVerify: false };
    const endpoints = [
      endpointOf(receiver.url, { name: "right", tls: { ...mutual, serverName: "metrics.test" } }),
      endpointOf(receiver.url, { name: "wrong-name", tls: { ...mutual, serverName: "other.test" } }),
      endpointOf(receiver.url, { name: "unknown-authority", tls: { insecureSkipVerify: false } }),
      endpointOf(receiver.url, { name: "no-certificate", tls: { insecureSkipVerify: true } }),
      endpointOf(receiver.url, { name: "skip", tls: { certFile: cert, keyFile: key, insecureSkipVerify: true } }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    const errors = (): (string | null)[] => ship.shipper.state().map((state) => state.lastError);
    await waitFor("three failures", () => errors().filter((error) => error !== null).length === 3);
    await waitFor("two successes", () => ship.outbox.pending("right") + ship.outbox.pending("skip") === 0);
    expect(errors()).toEqual([
      null,
      expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID"),
      expect.stringContaining("DEPTH_ZERO_SELF_SIGNED_CERT"),
      expect.stringMatching(/CERTIFICATE_REQUIRED|ECONNRESET|UND_ERR_SOCKET/),
      null,
    ]);
    expect(receiver.requests).toHaveLength(2);
  });
});

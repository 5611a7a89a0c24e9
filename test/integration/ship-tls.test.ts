// The ship stage over real TLS: versions, files that change, files that cannot be used.

import { copyFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../support/certificates.ts";
import { Receiver } from "../support/receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

const SAFE = { insecureSkipVerify: false } as const;

describe.concurrent("TLS", () => {
  it("speaks no version below the configured one", async () => {
    await using folder = await tempFolder();
    const { certFile: caFile, cert, key } = await selfSigned(folder, "server", "IP:127.0.0.1");
    await using receiver = await Receiver.start({ tls: { cert, key, maxVersion: "TLSv1.2" } });
    const endpoints = [
      endpointOf(receiver.url, { name: "old", tls: { ...SAFE, caFile, minVersion: "TLSv1.2" } }),
      endpointOf(receiver.url, { name: "new", tls: { ...SAFE, caFile, minVersion: "TLSv1.3" } }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("the delivery", () => ship.outbox.pending("old") === 0);
    await waitFor("the failure", () => ship.shipper.state()[1]?.lastError);
    expect(ship.shipper.state()[1]?.lastError).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    expect(ship.outbox.pending("new")).toBe(1);
  });

  it("does not speak TLS 1.1, whatever the receiver offers", async () => {
    await using folder = await tempFolder();
    const { cert, key } = await selfSigned(folder, "server", "IP:127.0.0.1");
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await using receiver = await Receiver.start({ tls: { cert, key, ...old } });
    await using ship = startShipper([endpointOf(receiver.url, { tls: { insecureSkipVerify: true } })], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]?.lastError).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    expect(receiver.requests).toEqual([]);
  });

  it("takes an authority from the file again after a change", async () => {
    await using folder = await tempFolder();
    const server = await selfSigned(folder, "server", "IP:127.0.0.1");
    const other = await selfSigned(folder, "other", "IP:127.0.0.1");
    const caFile = folder.file("ca.pem");
    await copyFile(other.certFile, caFile);
    await using receiver = await Receiver.start({ tls: server });
    await using ship = startShipper([endpointOf(receiver.url, { tls: { ...SAFE, caFile } })], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError?.includes("SELF_SIGNED"));
    await copyFile(server.certFile, caFile);
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(receiver.requests).toHaveLength(1);
  });

  it("holds while a TLS file cannot be used, and names it", async () => {
    await using folder = await tempFolder();
    const [server, other] = [await selfSigned(folder, "a", "IP:127.0.0.1"), await selfSigned(folder, "b", "DNS:b")];
    await writeFile(folder.file("junk.pem"), "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n");
    await using receiver = await Receiver.start({ tls: server });
    const endpoints = [
      endpointOf(receiver.url, { name: "junk", tls: { ...SAFE, caFile: folder.file("junk.pem") } }),
      endpointOf(receiver.url, { name: "pair", tls: { ...SAFE, certFile: server.certFile, keyFile: other.keyFile } }),
      endpointOf(receiver.url, { name: "absent", tls: { ...SAFE, caFile: "/nonexistent/ca.pem" } }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("all to hold", () => ship.shipper.state().every(({ state }) => state === "holding"));
    expect(ship.shipper.state().map(({ lastError }) => lastError)).toEqual([
      expect.stringMatching(/^cannot use the TLS files .*junk\.pem: ERR_OSSL_/),
      expect.stringMatching(/^cannot use the TLS files .*a\.pem, .*b\.key: ERR_OSSL_/),
      "cannot read /nonexistent/ca.pem: ENOENT",
    ]);
    expect(JSON.stringify(ship.lines)).not.toContain("hunter2");
    expect(receiver.requests).toEqual([]);
  });
});

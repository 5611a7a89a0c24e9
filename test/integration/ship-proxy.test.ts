// The ship stage through a real forward proxy: absolute-URI requests, CONNECT tunnels, and what a proxy refuses.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { ProxyOptions } from "../../src/http/connection-options.ts";
import { selfSigned } from "../support/certificates.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { freePort } from "../support/free-port.ts";
import { Receiver } from "../support/receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";
import { arrived, endpointOf, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

const via = (url: string, noProxy: string | null = null): ProxyOptions => ({ kind: "url", url, noProxy });
/** A name that only the proxy can resolve. */
const named = (receiver: Receiver): string => receiver.url.replace("127.0.0.1", "receiver.test");

afterEach(() => vi.unstubAllEnvs());

describe.concurrent("a proxy", () => {
  it("gets requests to an http receiver in absolute form, with the user and password of its URL", async () => {
    await using proxy = await ForwardProxy.start({ credentials: "edge@fra:p:w" });
    await using receiver = await Receiver.start();
    const options = via(proxy.urlAs("edge%40fra:p%3Aw@"));
    await using ship = startShipper([endpointOf(named(receiver), { proxy: options })], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(proxy.served).toEqual(Array(2).fill(`POST ${named(receiver)}`));
    expect(receiver.requests[0]?.headers).toMatchObject({ host: `receiver.test:${receiver.port}` });
    expect(receiver.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
    expect(arrived(receiver)).toEqual([1, 2]);
  });

  it("gets one CONNECT to an https receiver, whose certificate is verified through it", async () => {
    await using folder = await tempFolder();
    const { certFile: caFile, cert, key } = await selfSigned(folder, "receiver", "DNS:receiver.test");
    await using proxy = await ForwardProxy.start({ credentials: "edge:pw" });
    await using receiver = await Receiver.start({ tls: { cert, key } });
    const options = via(proxy.urlAs("edge:pw@"));
    const tls = { caFile, insecureSkipVerify: false };
    await using ship = startShipper([endpointOf(named(receiver), { proxy: options, tls })], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(proxy.served).toEqual([`CONNECT receiver.test:${receiver.port}`]);
    expect(arrived(receiver)).toEqual([1, 2]);
    const wrongName = endpointOf(receiver.url, { name: "wrong", proxy: options, tls });
    ship.shipper.reconfigure([wrongName]);
    await waitFor("the refusal", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]?.lastError).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("may speak TLS itself, with the endpoint's authorities", async () => {
    await using folder = await tempFolder();
    const { certFile: caFile, cert, key } = await selfSigned(folder, "both", "IP:127.0.0.1,DNS:receiver.test");
    await using proxy = await ForwardProxy.start({ tls: { cert, key } });
    await using secure = await Receiver.start({ tls: { cert, key } });
    await using plain = await Receiver.start();
    const tls = { caFile, insecureSkipVerify: false };
    const endpoints = [
      endpointOf(named(secure), { name: "secure", proxy: via(proxy.url), tls }),
      endpointOf(named(plain), { name: "plain", proxy: via(proxy.url), tls }),
      endpointOf(named(plain), { name: "unknown", proxy: via(proxy.url) }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("the deliveries", () => ship.outbox.pending("secure") + ship.outbox.pending("plain") === 0);
    await waitFor("the refusal", () => ship.shipper.state()[2]?.lastError);
    expect(ship.shipper.state()[2]?.lastError).toContain("SELF_SIGNED");
  });

  it("is passed by for what no_proxy names, and not otherwise", async () => {
    await using proxy = await ForwardProxy.start();
    await using receiver = await Receiver.start();
    const endpoints = [
      endpointOf(receiver.url, { name: "direct", proxy: via(proxy.url, "example.net, 127.0.0.0/8") }),
      endpointOf(receiver.url, { name: "through", proxy: via(proxy.url) }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("both deliveries", () => receiver.requests.length === 2 && ship.outbox.pending("direct") === 0);
    expect(proxy.served).toEqual([`POST ${receiver.url}`]);
  });

  // Alone: the environment is that of all tests.
  it.sequential("is taken from the environment where that is asked for", async () => {
    await using proxy = await ForwardProxy.start();
    await using receiver = await Receiver.start();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "skipped.test");
    const environment = { kind: "environment" } as const;
    const endpoints = [
      endpointOf(named(receiver), { name: "through", proxy: environment }),
      endpointOf(receiver.url, { name: "loopback", proxy: environment }),
    ];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("the deliveries", () => ship.outbox.pending("through") + ship.outbox.pending("loopback") === 0);
    expect(proxy.served).toEqual([`POST ${named(receiver)}`]);
  });

  it.each(["http", "https"])("that refuses the password holds the requests of an %s receiver", async (scheme) => {
    await using proxy = await ForwardProxy.start({ credentials: "edge:right" });
    const url = `${scheme}://receiver.test:1/api/v1/write`;
    await using ship = startShipper([endpointOf(url, { proxy: via(proxy.urlAs("edge:wr0ng-secret@")) })], requestOf(1));
    await waitFor("the hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(ship.shipper.state()[0]?.lastError).toBe(
      "the proxy answers HTTP 407 to a connection to receiver.test:1: check the user and password in proxy_url",
    );
    expect(JSON.stringify(ship.lines)).not.toContain("wr0ng-secret");
  });

  it.each([
    [403, "holding"],
    [502, "retrying"],
    [503, "retrying"],
  ])("that answers %i to CONNECT leaves the endpoint %s", async (status, state) => {
    await using proxy = await ForwardProxy.start();
    proxy.refuseWith = status;
    const endpoint = endpointOf("https://receiver.test/api/v1/write", { proxy: via(proxy.url) });
    await using ship = startShipper([endpoint], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]).toMatchObject({
      state,
      lastError: `the proxy answers HTTP ${status} to a connection to receiver.test`,
    });
  });

  it("that is not there is a transport error at its address", async () => {
    const port = await freePort();
    const endpoint = endpointOf("https://receiver.test/", { proxy: via(`http://edge:s3cret@127.0.0.1:${port}`) });
    await using ship = startShipper([endpoint], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]).toMatchObject({
      state: "retrying",
      lastError: `ECONNREFUSED at 127.0.0.1:${port}`,
    });
  });

  it("that never answers CONNECT does not delay a stop beyond what a request in flight gets", async () => {
    await using proxy = await ForwardProxy.start();
    proxy.silent = true;
    const endpoint = endpointOf("https://receiver.test/", { proxy: via(proxy.url), timeoutMs: 60_000 });
    await using ship = startShipper([endpoint], requestOf(1));
    await waitFor("the CONNECT", () => proxy.authorizations.length === 1);
    const startMs = performance.now();
    await ship.stop();
    expect(performance.now() - startMs).toBeLessThan(6000);
    expect(ship.outbox.pending("central")).toBe(1);
  });

  it("that never answers CONNECT does not exceed the exchange's time, and the next attempt gets through", async () => {
    await using folder = await tempFolder();
    const { certFile: caFile, cert, key } = await selfSigned(folder, "receiver", "DNS:receiver.test");
    await using proxy = await ForwardProxy.start();
    await using receiver = await Receiver.start({ tls: { cert, key } });
    proxy.silent = true;
    const tls = { caFile, insecureSkipVerify: false };
    const endpoint = endpointOf(named(receiver), { proxy: via(proxy.url), tls, timeoutMs: 500 });
    await using ship = startShipper([endpoint], requestOf(1));
    await waitFor("the failure", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]?.lastError).toBe(
      `no complete answer from receiver.test:${receiver.port} within 500 ms`,
    );
    proxy.silent = false;
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
  });
});

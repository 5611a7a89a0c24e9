// The ship stage against a real loopback receiver: delivery, and what keeps a request.

import { describe, expect, it } from "vitest";
import { freePort } from "../support/free-port.ts";
import { Receiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait-for.ts";
import { arrived, endpointOf, gate, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

describe.concurrent("delivery", () => {
  it("pushes in order by remote-write 1.0 and moves the cursor", async () => {
    await using receiver = await Receiver.start();
    const endpoint = endpointOf(receiver.url, {
      headers: { "X-Scope-OrgID": "tenant-1", "Content-Type": "text/plain" },
    });
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    await using ship = startShipper([endpoint], ...ids.map(requestOf));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(arrived(receiver)).toEqual(ids);
    expect(receiver.samples.size).toBe(50);
    expect(receiver.connections).toBe(1);
    expect(receiver.requests[0]?.headers).toMatchObject({
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "user-agent": "acct-agent/0.1.0",
      "x-prometheus-remote-write-version": "0.1.0",
      "x-scope-orgid": "tenant-1",
    });
    expect(receiver.requests[0]?.headers).not.toHaveProperty("retry-attempt");
    expect(ship.headlines()).toEqual([]);
    expect(ship.shipper.state()).toMatchObject([{ name: "central", state: "idle", lastError: null }]);
  });

  it("repeats a request after 503 byte for byte, counts the attempts, and pushes nothing else meanwhile", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 503, body: "try later" }, { status: 503 });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1), requestOf(2));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(arrived(receiver)).toEqual([1, 1, 1, 2]);
    const [first, second, third, next] = receiver.requests;
    expect(second?.body).toEqual(first?.body);
    expect(third?.body).toEqual(first?.body);
    expect([first, second, third, next].map((request) => request?.headers["retry-attempt"])).toEqual([
      undefined,
      "1",
      "2",
      undefined,
    ]);
    expect(ship.headlines()).toEqual(["warn: request not accepted, retrying", "info: endpoint accepts requests again"]);
    expect(ship.lines[0]).toMatchObject({ reason: "HTTP 503: try later", endpoint: "central" });
  });

  it("waits for Retry-After rather than for its own back-off", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 429, headers: { "retry-after": "3" } });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    const [first, second] = receiver.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(2950);
  });

  it("has one request in flight however slow the receiver is", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 204, delayMs: 2500 });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1), requestOf(2));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(arrived(receiver)).toEqual([1, 2]);
    expect(receiver.maxConcurrent).toBe(1);
  });

  it("keeps one dead and one silent endpoint from delaying a third", async () => {
    await using alive = await Receiver.start();
    await using silent = await Receiver.start();
    const { opened, open } = gate();
    silent.script({ status: 204, until: opened });
    const endpoints = [
      endpointOf(`http://127.0.0.1:${await freePort()}/`, { name: "dead" }),
      endpointOf(silent.url, { name: "silent" }),
      endpointOf(alive.url, { name: "alive" }),
    ];
    await using ship = startShipper(endpoints, ...[1, 2, 3, 4, 5].map(requestOf));
    await waitFor("the living endpoint to have all", () => ship.outbox.pending("alive") === 0);
    await waitFor("the dead endpoint to be known", () => ship.shipper.state()[0]?.state === "retrying");
    expect(["dead", "silent"].map((name) => ship.outbox.pending(name))).toEqual([5, 5]);
    expect(ship.shipper.state().map((state) => state.state)).toEqual(["retrying", "sending", "idle"]);
    open();
  });
});

describe.concurrent("failures keep the request", () => {
  it("gets through when a refused connection comes up", async () => {
    const port = await freePort();
    await using ship = startShipper([endpointOf(`http://127.0.0.1:${port}/api/v1/write`)], requestOf(1));
    await waitFor("a refusal", () => ship.shipper.state()[0]?.lastError);
    expect(ship.shipper.state()[0]).toMatchObject({
      state: "retrying",
      lastError: `ECONNREFUSED at 127.0.0.1:${port}`,
    });
    await using receiver = await Receiver.start({ port });
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(arrived(receiver)).toEqual([1]);
  });

  it.each(["before-answer", "mid-answer"] as const)("pushes again when the connection drops %s", async (drop) => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 200, drop });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1), requestOf(2));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(arrived(receiver)).toEqual([1, 1, 2]);
    expect(ship.lines[0]).toMatchObject({
      level: "warn",
      reason: expect.stringContaining(`127.0.0.1:${receiver.port}`),
    });
  });

  it("gives an exchange its timeout and no longer", async () => {
    await using receiver = await Receiver.start();
    const { opened, open } = gate();
    receiver.script({ status: 204, until: opened });
    await using ship = startShipper([endpointOf(receiver.url, { timeoutMs: 300 })], requestOf(1));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    open();
    expect(arrived(receiver)).toEqual([1, 1]);
    expect(ship.lines[0]?.reason).toBe(`no complete answer from 127.0.0.1:${receiver.port} within 300 ms`);
  });

  it("does not follow a redirect", async () => {
    await using target = await Receiver.start();
    await using receiver = await Receiver.start();
    receiver.script({ status: 307, headers: { location: target.url } });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("the endpoint to hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(target.requests).toEqual([]);
    expect(ship.outbox.pending("central")).toBe(1);
    expect(ship.headlines()).toEqual(["error: request not accepted, holding it until an operator acts"]);
  });

  it("does not take a captive portal's page for an acceptance", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 200, headers: { "content-type": "text/html" }, body: "<html>" });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("the endpoint to hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(ship.outbox.pending("central")).toBe(1);
  });

  it("reads no more than the start of an answer", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 503, body: "x".repeat(2000), endless: true });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(ship.lines[0]?.reason).toBe(`HTTP 503: ${"x".repeat(200)}`);
  });
});

// The ship stage against a real loopback receiver: stopping and reconfiguring.

import { describe, expect, it } from "vitest";
import { Receiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait-for.ts";
import { arrived, endpointOf, gate, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

describe.concurrent("stopping and reconfiguring", () => {
  it("lets a request in flight finish", async () => {
    await using receiver = await Receiver.start();
    const { opened, open } = gate();
    receiver.script({ status: 204, until: opened });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1), requestOf(2));
    await waitFor("a request in flight", () => receiver.requests.length === 1);
    const ended = ship.stop();
    open();
    await ended;
    expect(ship.outbox.pending("central")).toBe(1);
    expect(arrived(receiver)).toEqual([1]);
  });

  it("gives up a request in flight after 5 s and keeps it pending", async () => {
    await using receiver = await Receiver.start();
    const { opened, open } = gate();
    receiver.script({ status: 204, until: opened });
    await using ship = startShipper([endpointOf(receiver.url, { timeoutMs: 60_000 })], requestOf(1));
    await waitFor("a request in flight", () => receiver.requests.length === 1);
    const startMs = performance.now();
    await ship.stop();
    const tookMs = performance.now() - startMs;
    open();
    expect(tookMs).toBeGreaterThan(4900);
    expect(tookMs).toBeLessThan(6000);
    expect(ship.outbox.pending("central")).toBe(1);
    expect(ship.headlines()).toEqual([]);
  });

  it("stops at once in a back-off and when idle", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 503, headers: { "retry-after": "600" } });
    const endpoints = [endpointOf(receiver.url), endpointOf(receiver.url, { name: "idle", schedule: "0 0 0 1 1 *" })];
    await using ship = startShipper(endpoints, requestOf(1));
    await waitFor("the back-off", () => ship.shipper.state()[0]?.state === "retrying");
    const startMs = performance.now();
    await ship.stop();
    expect(performance.now() - startMs).toBeLessThan(500);
  });

  it("resolves at once when it is stopped before its first run", async () => {
    await using ship = startShipper([endpointOf("http://127.0.0.1:9/")]);
    await ship.stop();
    expect(ship.headlines()).toEqual([]);
  });

  it("keeps an unchanged endpoint's request in flight, stops a removed one, starts an added one", async () => {
    await using kept = await Receiver.start();
    await using removed = await Receiver.start();
    await using added = await Receiver.start();
    const { opened, open } = gate();
    kept.script({ status: 204, until: opened });
    removed.script({ status: 503 });
    const keptOptions = endpointOf(kept.url, { name: "kept" });
    await using ship = startShipper([keptOptions, endpointOf(removed.url, { name: "removed" })], requestOf(1));
    await waitFor("both to be busy", () => kept.requests.length === 1 && ship.shipper.state()[1]?.state === "retrying");
    ship.shipper.reconfigure([endpointOf(added.url, { name: "added" }), { ...keptOptions }]);
    await waitFor("the added endpoint", () => ship.outbox.pending("added") === 0);
    expect(ship.shipper.state().map(({ name, state }) => [name, state])).toEqual([
      ["added", "idle"],
      ["kept", "sending"],
    ]);
    open();
    await waitFor("the kept endpoint", () => ship.outbox.pending("kept") === 0);
    expect([kept.requests.length, removed.requests.length, added.requests.length]).toEqual([1, 1, 1]);
    expect(ship.outbox.pending("removed")).toBe(1);
  });

  it("goes on at the same cursor with a changed address, once the request in flight has ended", async () => {
    await using before = await Receiver.start();
    await using after = await Receiver.start();
    // Longer than a period of the schedule: the changed endpoint would have run meanwhile.
    before.script({ status: 204, delayMs: 2500 });
    await using ship = startShipper([endpointOf(before.url)], requestOf(1), requestOf(2));
    await waitFor("a request in flight", () => before.requests.length === 1);
    ship.shipper.reconfigure([endpointOf(after.url)]);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect([arrived(before), arrived(after)]).toEqual([[1], [2]]);
  });

  it("forgets the last success of a removed endpoint", async () => {
    await using receiver = await Receiver.start();
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    const exposed = async (): Promise<boolean> =>
      (await ship.metrics.metrics()).includes('acct_ship_last_success_timestamp_seconds{endpoint="central"}');
    await waitFor("the metric", exposed);
    ship.shipper.reconfigure([]);
    await waitFor("the metric to go", async () => !(await exposed()));
    expect(ship.shipper.state()).toEqual([]);
  });
});

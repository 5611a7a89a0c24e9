// Delivery of a backlog, request by request and joined, to a loopback receiver and to the real ones.

import { describe, expect, it } from "vitest";
import { Ledger } from "../../src/ledger/ledger.ts";
import { MAX_REQUEST_SAMPLES, type OutboxRequest } from "../../src/ship/outbox.ts";
import { backlogOf } from "../support/backlog.ts";
import { ledgerOptions } from "../support/ledger-options.ts";
import { outboxOf } from "../support/ledger-outbox.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { type ReceivedRequest, type Rule, Receiver, refusing, samplesOf } from "../support/receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { waitFor } from "../support/wait-for.ts";
import { windowUsage } from "../support/window-usage.ts";
import { endpointOf, gate, startShipper } from "../unit/ship/ship-fixture.ts";

const BATCHED = { catchUp: "batched" } as const;
const GIVEN_UP = "warn: endpoint does not take joined requests: it gets them as stored until a reload";

function isJoined({ series }: ReceivedRequest): boolean {
  return series.some(({ samples }) => samples.length > 1);
}

function isOwn({ series }: ReceivedRequest): boolean {
  return series.every(({ labels }) => labels.some(({ value }) => value.startsWith("acct_ship_")));
}

/** Refuses joined requests, from the `from`th on. */
function refusingJoined(status: number, from = 1): Rule {
  let joined = 0;
  return (request) => (isJoined(request) && ++joined >= from ? { status } : null);
}

/** Delivers everything, and returns what arrived. */
async function deliver(
  requests: readonly OutboxRequest[],
  { rule = () => null, changes = BATCHED }: { readonly rule?: Rule; readonly changes?: object },
) {
  const receiver = await Receiver.start();
  receiver.rule = rule;
  await using ship = startShipper([endpointOf(receiver.url, changes)], ...requests);
  await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 30_000 });
  await receiver[Symbol.asyncDispose]();
  return { receiver, outbox: ship.outbox, headlines: ship.headlines() };
}

/** Whether the times of each series only move on, a repeat of the newest aside. */
function areInOrder(requests: readonly ReceivedRequest[]): boolean {
  const newest = new Map<string, number>();
  return requests.flatMap(samplesOf).every(({ series, timestamp }) => {
    const isInOrder = timestamp >= (newest.get(series) ?? 0);
    newest.set(series, timestamp);
    return isInOrder;
  });
}

describe("a backlog in sequence", () => {
  it("arrives in order, each request once and as it is stored, one in flight", async () => {
    const { requests, samples } = backlogOf(30);
    const { receiver, headlines } = await deliver(requests, { changes: {} });
    expect(receiver.requests.map(({ body }) => body)).toEqual(requests.map(({ body }) => Buffer.from(body)));
    expect(receiver.samples).toEqual(samples);
    expect([receiver.maxConcurrent, receiver.errors, headlines]).toEqual([1, [], []]);
  });

  it("takes fewer commits than requests, and the last one before it is idle", async () => {
    const { requests } = backlogOf(20);
    const { outbox } = await deliver(requests, { changes: {} });
    expect(outbox.commits.length).toBeLessThan(requests.length);
    expect(outbox.commits.at(-1)).toBe(requests.length);
  });

  it("notes at a stop what was accepted", async () => {
    await using receiver = await Receiver.start();
    const { opened, open } = gate();
    receiver.rule = (_, number) => (number === 3 ? { status: 204, until: opened } : null);
    await using ship = startShipper([endpointOf(receiver.url)], ...backlogOf(10).requests);
    await waitFor("the third push", () => receiver.requests.length === 3);
    const ended = ship.stop();
    open();
    await ended;
    expect(receiver.requests).toHaveLength(3);
    expect(ship.outbox.commits.at(-1)).toBe(3);
  });

  it("after a kill begins with what was not noted, the same bytes", async () => {
    const { requests, samples } = backlogOf(10);
    await using receiver = await Receiver.start();
    await pushedAndNotNoted(requests, receiver);
    const [first, ...others] = receiver.requests.map(({ body }) => body);
    expect([first, others]).toEqual([Buffer.from(requests[0]?.body ?? []), []]);
    await using ship = startShipper([endpointOf(receiver.url)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(receiver.requests.slice(1).map(({ body }) => body)).toEqual(requests.map(({ body }) => Buffer.from(body)));
    expect([receiver.samples, receiver.errors]).toEqual([samples, []]);
  });

  it("after a kill is taken by a Prometheus that takes no sample out of order: nothing is parked", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: false });
    const { requests, lastEndMs } = backlogOf(20);
    await pushedAndNotNoted(requests, { url: prometheus.writeUrl });
    await using ship = startShipper([endpointOf(prometheus.writeUrl)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 30_000 });
    expect([ship.outbox.parked, ship.headlines()]).toEqual([[], []]);
    const [count] = await prometheus.query("sum(count_over_time(acct_bytes_total[1h]))", lastEndMs);
    expect(count?.samples[0]?.value).toBe(20 * 40);
  });
});

describe("counters that start, and fill whole requests", () => {
  it.each([1, 2])("after a kill are taken by a Prometheus that takes no sample out of order (%i)", async (count) => {
    await using prometheus = await startPrometheus({ outOfOrder: false });
    const requests = await startingIn((count * MAX_REQUEST_SAMPLES) / 4);
    await pushedAndNotNoted(requests, { url: prometheus.writeUrl });
    await using ship = startShipper([endpointOf(prometheus.writeUrl)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 30_000 });
    expect(ship.outbox.parked.length).toBe(0);
    expect(ship.headlines()).toEqual([]);
  });
});

/** What the ledger queues of a window in which so many addresses start: four counters each, before it and at its end. */
async function startingIn(addresses: number): Promise<readonly OutboxRequest[]> {
  await using folder = await tempFolder();
  using ledger = new Ledger(ledgerOptions(folder.path));
  const rows = Array.from({ length: addresses }, (_, host) => ({
    ip: `10.0.${host >> 8}.${host & 255}`,
    bytesIn: 100,
  }));
  const startMs = Math.floor((Date.now() - 3_600_000) / 300_000) * 300_000;
  ledger.close(windowUsage(startMs, rows), { live: true });
  const all = { acceptedId: null, afterId: 0, form: "stored", maxRequests: 100, maxJoinedSamples: 0 } as const;
  const { requests } = await outboxOf(ledger).advance("central", all);
  expect(requests.reduce((sum, { samples }) => sum + samples, 0)).toBe(8 * addresses + 1);
  return requests;
}

/** Delivers as far as it comes while no acceptance can be noted, and ends: the next start knows of nothing. */
async function pushedAndNotNoted(
  requests: readonly OutboxRequest[],
  { url, changes = {} }: { readonly url: string; readonly changes?: object },
): Promise<void> {
  await using ship = startShipper([endpointOf(url, changes)], ...requests);
  const refused = { method: "accepted", error: new Error("killed") } as const;
  ship.outbox.failures.push(...Array.from({ length: 100 }, () => refused));
  await waitFor("a refusal", () => ship.headlines().includes("warn: request not accepted, retrying"));
  await ship.stop();
  expect(ship.outbox.commits).toEqual([]);
}

describe("a backlog in batches", () => {
  it("arrives whole and in order, in few requests, once a probe of the agent's own metrics got through", async () => {
    const { requests, samples } = backlogOf(100);
    const { receiver, headlines } = await deliver(requests, {});
    expect(receiver.samples).toEqual(samples);
    expect([receiver.maxConcurrent, receiver.errors, headlines]).toEqual([1, [], []]);
    expect(areInOrder(receiver.requests)).toBe(true);
    const [probe, ...joined] = receiver.requests.filter(isJoined);
    expect(probe && isOwn(probe)).toBe(true);
    expect(joined.length).toBeGreaterThan(0);
    expect(receiver.requests.length).toBeLessThan(requests.length / 10);
    expect(Math.max(...joined.map((request) => samplesOf(request).length))).toBeLessThanOrEqual(20_000);
  });

  it("is not joined where it is of one window", async () => {
    const { requests } = backlogOf(1);
    const { receiver } = await deliver(requests, {});
    expect(receiver.requests.map(({ body }) => body)).toEqual(requests.map(({ body }) => Buffer.from(body)));
  });

  it("is taken after a kill by a Prometheus that takes no sample out of order while nothing was joined yet", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: false });
    const requests = backlogOf(20).requests.filter(({ kind }) => kind !== "self");
    await pushedAndNotNoted(requests, { url: prometheus.writeUrl, changes: BATCHED });
    await using ship = startShipper([endpointOf(prometheus.writeUrl, BATCHED)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 30_000 });
    expect([ship.outbox.parked.length, ship.headlines()]).toEqual([0, []]);
  });

  it.each([400, 413, 500])(
    "arrives as it is stored where joined requests get %i, with one line in the log",
    async (status) => {
      const { requests, samples } = backlogOf(20);
      const { receiver, outbox, headlines } = await deliver(requests, { rule: refusingJoined(status) });
      expect([receiver.samples, outbox.parked, receiver.errors]).toEqual([samples, [], []]);
      expect(receiver.requests.filter(isJoined)).toHaveLength(1);
      expect(receiver.requests.filter(isJoined).every(isOwn)).toBe(true);
      expect(headlines).toEqual([GIVEN_UP]);
    },
  );

  it("loses nothing where a joined request is refused after the probe, or stored in part", async () => {
    const { requests, samples } = backlogOf(100);
    const stores = ({ value }: { readonly value: number }): boolean => value % 2 === 0;
    const refuse = refusingJoined(400, 2);
    const rule: Rule = (request, number) => (refuse(request, number) ? { status: 400, stores } : null);
    const { receiver, outbox, headlines } = await deliver(requests, { rule });
    expect([receiver.samples, outbox.parked, receiver.errors]).toEqual([samples, [], []]);
    expect(headlines).toEqual([GIVEN_UP]);
  });

  it("waits in an outage, goes on as it is stored, and is joined again", async () => {
    const { requests, samples } = backlogOf(200);
    let joined = 0;
    const rule: Rule = (request) => (isJoined(request) && ++joined === 2 ? { status: 503 } : null);
    const { receiver, headlines } = await deliver(requests, { rule });
    expect([receiver.samples, receiver.errors]).toEqual([samples, []]);
    expect(headlines).toEqual(["warn: request not accepted, retrying", "info: endpoint accepts requests again"]);
    const after = receiver.requests.slice(
      receiver.requests.findIndex((request) => isJoined(request) && !isOwn(request)) + 1,
    );
    expect(after.findIndex((request) => !isJoined(request))).toBe(0);
    expect(after.some(isJoined)).toBe(true);
  });

  it("parks the one sample in it that is refused, and delivers the rest", async () => {
    const { requests, samples } = backlogOf(30);
    const isRefused = ({ series, timestamp }: { series: string; timestamp: number }): boolean =>
      series.includes('"192.0.2.7"') && timestamp === (requests[60]?.windowEndMs ?? 0) - 1;
    const rule = refusing(isRefused, { status: 400, body: "bad sample" });
    const { receiver, outbox } = await deliver(requests, { rule });
    expect(outbox.parked).toMatchObject([{ request: 61, code: 400, words: "bad sample" }]);
    const count = (all: ReadonlyMap<string, ReadonlyMap<number, number>>): number =>
      [...all.values()].reduce((sum, { size }) => sum + size, 0);
    expect(count(receiver.samples)).toBe(count(samples) - 1);
  });

  it("is tried again after a reload", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingJoined(400);
    const options = endpointOf(receiver.url, BATCHED);
    await using ship = startShipper([options], ...backlogOf(10).requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    receiver.rule = () => null;
    ship.shipper.reconfigure([{ ...options }]);
    const later = backlogOf(60).requests.map((request, index) => ({ ...request, id: 1_000 + index }));
    ship.outbox.append(...later);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(receiver.requests.filter(isJoined).length).toBeGreaterThan(2);
  });

  it("holds no other endpoint up, and changes nothing for it", async () => {
    await using slow = await Receiver.start();
    await using other = await Receiver.start();
    const { opened, open } = gate();
    slow.rule = (request) => (isJoined(request) ? { status: 204, until: opened } : null);
    const { requests, samples } = backlogOf(20);
    const endpoints = [endpointOf(slow.url, { name: "slow", ...BATCHED }), endpointOf(other.url, { name: "other" })];
    await using ship = startShipper(endpoints, ...requests);
    await waitFor("the other endpoint", () => ship.outbox.pending("other") === 0);
    expect(ship.outbox.pending("slow")).toBeGreaterThan(50);
    open();
    await waitFor("the slow endpoint", () => ship.outbox.pending("slow") === 0);
    expect(other.requests.some(isJoined)).toBe(false);
    expect([slow.samples, other.samples]).toEqual([samples, samples]);
  });

  it("is stored exactly by a real Prometheus and a real VictoriaMetrics, behind newer samples too", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: true });
    await using victoria = await startVictoriaMetrics();
    const hours = 3_600_000;
    const [fresh, old] = [backlogOf(3), backlogOf(120, Math.floor(Date.now() / 60_000) * 60_000 - 30 * hours)];
    const requests = [...fresh.requests, ...old.requests].map((request, index) => ({ ...request, id: index + 1 }));
    const endpoints = [prometheus, victoria].map(({ writeUrl }, index) =>
      endpointOf(writeUrl, { name: String(index), ...BATCHED }),
    );
    await using ship = startShipper(endpoints, ...requests);
    await waitFor("both", () => ["0", "1"].every((name) => ship.outbox.pending(name) === 0), { timeoutMs: 30_000 });
    expect([ship.outbox.parked, ship.headlines()]).toEqual([[], []]);
    expect(ship.outbox.commits.length).toBeLessThan(100);
    for (const server of [prometheus, victoria]) {
      const stored = await server.exportSeries("acct_bytes_total", old.firstEndMs - 60_000, old.lastEndMs);
      const found = new Map(
        stored.map(({ labels, samples }) => [labels["ip"], samples.map(({ timeMs, value }) => [timeMs, value])]),
      );
      expect(found).toEqual(byAddress(old.samples));
    }
  });
});

/** Of the series of addresses; samples in their order. */
function byAddress(all: ReadonlyMap<string, ReadonlyMap<number, number>>): Map<string, number[][]> {
  const found = [...all].flatMap(([series, samples]): [string, number[][]][] => {
    const [, ip] = /ip="(.*?)"/.exec(series) ?? [];
    return ip === undefined ? [] : [[ip, [...samples].map((sample) => [...sample])]];
  });
  return new Map(found);
}

// The same outbox into a real Prometheus and a real VictoriaMetrics, read back sample by sample.

import { compress } from "snappyjs";
import { describe, expect, it } from "vitest";
import type { OutboxRequest } from "../../src/ship/outbox.ts";
import { loadRemoteWriteTypes } from "../../src/ship/proto.ts";
import { WriteRequestBuilder } from "../../src/ship/write-request.ts";
import { type MetricsServer, type ReadSeries, startPrometheus } from "../support/prometheus.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, startShipper } from "../unit/ship/ship-fixture.ts";

const { WriteRequest } = loadRemoteWriteTypes();
const MINUTE_MS = 60_000;
const ADDRESSES = 300;
const WINDOWS = 12;

interface Expected {
  readonly labels: Record<string, string>;
  readonly samples: { timeMs: number; value: number }[];
}

/** Twelve windows of 300 addresses in two directions, with values up to 2^53 - 1, and what must be read back. */
function produce(firstEndMs: number) {
  const requests: OutboxRequest[] = [];
  const expected = new Map<string, Expected>();
  let windowEndMs = firstEndMs;
  const emit = (request: { body: Uint8Array; samples: number }): number =>
    requests.push({ id: requests.length + 1, windowEndMs, kind: "counter", ...request });
  const baseLabels = { instance: "edge-01.fra", job: "acct-agent" };
  const builder = new WriteRequestBuilder({ maxSamples: 256, baseLabels, emit });
  const directions = ["in", "out"].map((direction) => {
    const labels = { direction, customer: 'Müller "& Söhne"\n', network: "acme-fra", empty: "" };
    return { labels, template: builder.template("acct_bytes_total", labels, "ip") };
  });
  for (let window = 0; window < WINDOWS; window += 1, windowEndMs += MINUTE_MS) {
    for (const { labels, template } of directions) {
      for (let address = 0; address < ADDRESSES; address += 1) {
        const ip = address % 2 === 0 ? `192.0.2.${address}` : `2001:db8::${address.toString(16)}`;
        const value = address === 7 ? 2 ** 53 - 1 - WINDOWS + window : (window + 1) * address * 1_234_567_891;
        builder.add(template, value, windowEndMs - 1, ip);
        const { empty: _, ...kept } = labels;
        const key = `${labels.direction} ${ip}`;
        const one = expected.get(key) ?? {
          labels: { __name__: "acct_bytes_total", ...baseLabels, ...kept, ip },
          samples: [],
        };
        expected.set(key, one);
        one.samples.push({ timeMs: windowEndMs - 1, value });
      }
    }
    builder.flush();
  }
  return { requests, expected, lastEndMs: windowEndMs - MINUTE_MS };
}

function byKey(series: readonly ReadSeries[]): Map<string, ReadSeries> {
  return new Map(series.map((one) => [`${one.labels["direction"]} ${one.labels["ip"]}`, one]));
}

async function readBack(server: MetricsServer, firstEndMs: number, lastEndMs: number) {
  return byKey(await server.exportSeries("acct_bytes_total", firstEndMs - MINUTE_MS, lastEndMs));
}

describe("real receivers", () => {
  it("store exactly what was added, side by side", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: true });
    await using victoria = await startVictoriaMetrics();
    const firstEndMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 3 * 3_600_000;
    const { requests, expected, lastEndMs } = produce(firstEndMs);
    const endpoints = [
      endpointOf(prometheus.writeUrl, { name: "prometheus" }),
      endpointOf(victoria.writeUrl, { name: "victoria" }),
    ];
    await using ship = startShipper(endpoints, ...requests);
    await waitFor("both to have accepted all", () =>
      ["prometheus", "victoria"].every((name) => ship.outbox.pending(name) === 0),
    );
    expect(ship.headlines()).toEqual([]);
    expect(await readBack(prometheus, firstEndMs, lastEndMs)).toEqual(expected);
    expect(await readBack(victoria, firstEndMs, lastEndMs)).toEqual(expected);
  });

  it("store a repeated request once", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: true });
    await using victoria = await startVictoriaMetrics();
    const firstEndMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 3_600_000;
    const { requests, expected, lastEndMs } = produce(firstEndMs);
    const repeated = [...requests, ...requests].map((request, index) => ({ ...request, id: index + 1 }));
    const endpoints = [
      endpointOf(prometheus.writeUrl, { name: "prometheus" }),
      endpointOf(victoria.writeUrl, { name: "victoria" }),
    ];
    await using ship = startShipper(endpoints, ...repeated);
    await waitFor("both to have accepted all", () =>
      ["prometheus", "victoria"].every((name) => ship.outbox.pending(name) === 0),
    );
    expect(await readBack(prometheus, firstEndMs, lastEndMs)).toEqual(expected);
    const count = `sum(count_over_time(acct_bytes_total[${WINDOWS}m]))`;
    expect((await victoria.query(count, lastEndMs))[0]?.samples[0]?.value).toBe(expected.size * WINDOWS);
    const range = { fromMs: firstEndMs, toMs: lastEndMs, stepMs: MINUTE_MS };
    for (const server of [prometheus, victoria]) {
      const [counted] = await server.queryRange("count(acct_bytes_total)", range);
      expect(counted?.samples.map((sample) => sample.value)).toEqual(Array(WINDOWS).fill(expected.size));
    }
  });

  it("get everything, however late, where Prometheus has an out_of_order_time_window, as VictoriaMetrics has by itself", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: true });
    await using victoria = await startVictoriaMetrics();
    const { requests, lateEndMs, late } = lateBehindFresh();
    const endpoints = [
      endpointOf(prometheus.writeUrl, { name: "prometheus" }),
      endpointOf(victoria.writeUrl, { name: "victoria" }),
    ];
    await using ship = startShipper(endpoints, ...requests);
    await waitFor("all to be accepted", () =>
      ["prometheus", "victoria"].every((name) => ship.outbox.pending(name) === 0),
    );
    expect([ship.outbox.parked, ship.headlines()]).toEqual([[], []]);
    expect(await readBack(prometheus, lateEndMs, lateEndMs)).toEqual(late);
    expect(await readBack(victoria, lateEndMs, lateEndMs)).toEqual(late);
  });

  it("refuse what is too old without one: Prometheus' 400 parks every sample of it, and the queue goes on", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: false });
    const { requests, fresh, firstEndMs, lastEndMs, lateSamples } = lateBehindFresh();
    await using ship = startShipper([endpointOf(prometheus.writeUrl)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 60_000 });
    expect(ship.outbox.parked).toHaveLength(lateSamples);
    expect(new Set(ship.outbox.parked.map(({ code, words }) => `${code} ${words.trim()}`))).toEqual(
      new Set(["400 out of bounds"]),
    );
    expect(await readBack(prometheus, firstEndMs, lastEndMs)).toEqual(fresh);
  });

  it("park what Prometheus before 2.50 answers 500 for, and deliver what is around it in the same request", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: true });
    const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const good = Array.from({ length: 40 }, (_, index) => ({ name: `good_${index}`, timeMs: now, labels: [] }));
    const twice = ["1", "2"].map((value) => ({ name: "twice", value }));
    const old = { name: "old", timeMs: now - 120 * 24 * 3_600_000, labels: [] };
    const mixed = [...good.slice(0, 20), old, ...good.slice(20), { name: "invalid", timeMs: now, labels: twice }];
    const requests = [mixed, [{ name: "next", timeMs: now, labels: [] }]].map((samples, index) => ({
      id: index + 1,
      windowEndMs: now,
      kind: "counter" as const,
      samples: samples.length,
      body: bodyOf(samples),
    }));
    await using ship = startShipper([endpointOf(prometheus.writeUrl)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 90_000 });
    expect(ship.outbox.parked.map(({ series, code, words }) => [series, code, words.trim()])).toEqual([
      ["old", 500, "too old sample"],
      ['invalid{twice="1",twice="2"}', 500, 'label name "twice" is not unique: invalid sample'],
    ]);
    const [counted] = await prometheus.query(`count({__name__=~"good_.*|next"})`, now);
    expect(counted?.samples[0]?.value).toBe(41);
  });

  it("learn from VictoriaMetrics' 400 that a request is too large, and lose nothing", async () => {
    await using victoria = await startVictoriaMetrics(["-maxInsertRequestSize=10000"]);
    const firstEndMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 3_600_000;
    const { requests, expected, lastEndMs } = produce(firstEndMs);
    await using ship = startShipper([endpointOf(victoria.writeUrl)], ...requests);
    await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0);
    expect(ship.outbox.parked).toEqual([]);
    expect(await readBack(victoria, firstEndMs, lastEndMs)).toEqual(expected);
    expect(ship.headlines()).toEqual([
      "warn: request not accepted as it is, sending it in parts",
      "info: request accepted in parts",
    ]);
  });
});

/** Twelve fresh windows, and behind them one of two days ago. */
function lateBehindFresh() {
  const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const firstEndMs = now - WINDOWS * MINUTE_MS;
  const lateEndMs = now - 48 * 3_600_000;
  const fresh = produce(firstEndMs);
  const old = produce(lateEndMs);
  const late = old.requests.filter(({ windowEndMs }) => windowEndMs === lateEndMs);
  const firstOf = ({ labels, samples }: Expected): Expected => ({ labels, samples: samples.slice(0, 1) });
  return {
    requests: [...fresh.requests, ...late].map((request, index) => ({ ...request, id: index + 1 })),
    fresh: fresh.expected,
    firstEndMs,
    lastEndMs: fresh.lastEndMs,
    late: new Map([...old.expected].map(([key, one]) => [key, firstOf(one)])),
    lateEndMs,
    lateSamples: late.reduce((sum, { samples }) => sum + samples, 0),
  };
}

interface RawSample {
  readonly name: string;
  readonly timeMs: number;
  readonly labels: readonly { readonly name: string; readonly value: string }[];
}

/** What the agent's own encoder refuses to build, too. */
function bodyOf(samples: readonly RawSample[]): Uint8Array {
  const timeseries = samples.map(({ name, timeMs, labels }) => ({
    labels: [{ name: "__name__", value: name }, ...labels],
    samples: [{ value: 1, timestamp: timeMs }],
  }));
  return compress(new Uint8Array(WriteRequest.encode({ timeseries }).finish()));
}

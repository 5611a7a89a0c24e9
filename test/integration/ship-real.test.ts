// The same outbox into a real Prometheus and a real VictoriaMetrics, read back sample by sample.

import { describe, expect, it } from "vitest";
import type { OutboxRequest } from "../../src/ship/outbox.ts";
import { WriteRequestBuilder } from "../../src/ship/write-request.ts";
import { type MetricsServer, type ReadSeries, startPrometheus } from "../support/prometheus.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, startShipper } from "../unit/ship/ship-fixture.ts";

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
    requests.push({ id: requests.length, windowEndMs, ...request });
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
    const repeated = [...requests, ...requests].map((request, id) => ({ ...request, id }));
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

  it("keep what Prometheus without out_of_order_time_window refuses as too old", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: false });
    const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const fresh = produce(now - WINDOWS * MINUTE_MS).requests;
    const late = produce(now - 48 * 3_600_000).requests.slice(0, 1);
    const ordered = [...fresh, ...late].map((request, id) => ({ ...request, id }));
    await using ship = startShipper([endpointOf(prometheus.writeUrl)], ...ordered);
    await waitFor("a refusal", () => ship.shipper.state()[0]?.lastError);
    expect(ship.outbox.pending("central")).toBe(1);
    expect(ship.shipper.state()[0]?.lastError).toMatch(/^HTTP (400|500)/);
  });
});

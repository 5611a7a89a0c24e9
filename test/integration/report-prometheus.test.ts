// What agents push, read back out of the real databases: to the byte what their ledgers have.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UsageSelection, UsageSource } from "../../src/billing/interval-series.ts";
import { ledgerSource } from "../../src/billing/ledger-source.ts";
import { IntervalReader } from "../../src/buffer/interval-reader.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Calendar } from "../../src/model/calendar.ts";
import type { Labels } from "../../src/model/network.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { networkOf } from "../support/ledger-options.ts";
import { type MetricsServer, startPrometheus } from "../support/prometheus.ts";
import { closeInterval, push, pushedOptions, type Request, takeRequests } from "../support/pushed-ledger.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { INTERVAL_MS, sourceOf } from "../unit/billing/prometheus-fixture.ts";
import { endpointOf } from "../unit/ship/ship-fixture.ts";

const HOUR_MS = 12 * INTERVAL_MS;
const DAY_MS = 24 * HOUR_MS;
const CUSTOMER = 'Müller "& Söhne"\\\n{\u2028}';
const BERLIN = new Calendar("Europe/Berlin");
/** The month before this one: over, whenever the test runs. */
const MONTH = BERLIN.monthBefore(BERLIN.monthAt(Date.now()));
/** Six hours of the month before, and three days of this one. */
const FIRST_MS = MONTH.startMs - 6 * HOUR_MS;
const LAST_MS = MONTH.startMs + 3 * DAY_MS;
const HOLE = [MONTH.startMs + 6 * HOUR_MS, MONTH.startMs + 54 * HOUR_MS] as const;
const RELABELLED_MS = MONTH.startMs + DAY_MS;
const LARGEST = [Number.MAX_SAFE_INTEGER, 3_000_000_000_000_001, 1, 123_456_789_012_345, 0, 9_007_199_254_740_990];

const PRODUCTION = { environment: "production" };

const networks = (more: Labels = {}) => [
  networkOf("acme-fra", { labels: { customer: CUSTOMER, ...more } }),
  networkOf("acme-ber", { labels: { customer: CUSTOMER, site: "b" } }),
  networkOf("other"),
];
const NAMES = networks().map(({ name }) => name);

/** The configuration of one of the agents. */
function optionsOf(stateDir: string, instance: string, more: Labels = {}) {
  return pushedOptions(stateDir, {
    baseLabels: { instance, job: "acct-agent", region: "eu" },
    networks: networks(more),
    contracts: [{ customer: CUSTOMER, timeZone: "Europe/Berlin" }],
  });
}

/** The first agent counts on two interfaces all the time, and a network's labels change in the middle. */
function runFirst(ledger: Ledger, stateDir: string): void {
  for (let startMs = FIRST_MS, index = 0; startMs < LAST_MS; startMs += INTERVAL_MS, index += 1) {
    if (startMs === RELABELLED_MS) ledger.configure(optionsOf(stateDir, "edge-01", PRODUCTION));
    const rows = NAMES.map((_, network) => ({
      ip: `192.0.2.${network}`,
      network,
      bytesIn: ((index + 1) * 7_919 * (network + 3)) % 1_000_003,
      bytesOut: network === 2 ? (LARGEST[index % LARGEST.length] ?? 0) : index * 104_729,
      packetsIn: 1,
    }));
    closeInterval(ledger, startMs, { networks: NAMES, rows, observedMs: index % 5 === 0 ? 150_000 : INTERVAL_MS });
    if (index % 3 === 0) closeInterval(ledger, startMs, { networks: NAMES, rows: rows.slice(1), interface: "eth1" });
  }
}

/** The second one has one network, and a gap of five hours. */
function runSecond(ledger: Ledger): void {
  for (let startMs = FIRST_MS; startMs < LAST_MS; startMs += INTERVAL_MS) {
    const hour = (startMs - FIRST_MS) / HOUR_MS;
    if (hour >= 20 && hour < 25) continue;
    const rows = [{ ip: "198.51.100.1", bytesIn: startMs % 1_000_003, bytesOut: startMs % 999_983, packetsIn: 1 }];
    closeInterval(ledger, startMs, { networks: ["acme-fra"], rows });
  }
}

let folder: TempFolder;
let requests: readonly Request[];
let sources: readonly UsageSource[];
let readers: readonly IntervalReader[];

beforeAll(async () => {
  folder = await tempFolder();
  const [first, second] = [folder.file("first"), folder.file("second")];
  {
    using ledger = new Ledger(optionsOf(first, "edge-01"));
    using other = new Ledger(optionsOf(second, "edge-02"));
    runFirst(ledger, first);
    runSecond(other);
    requests = [...takeRequests(ledger), ...takeRequests(other)].sort((a, b) => a.windowEndMs - b.windowEndMs);
  }
  readers = [first, second].map((stateDir) => new IntervalReader(stateDir, 0));
  sources = readers.map((reader, index) =>
    ledgerSource(reader, { instance: `edge-0${index + 1}`, externalLabels: { region: "eu" }, nowMs: Date.now() }),
  );
});

afterAll(async () => {
  for (const reader of readers) reader[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

function selectionOf(selector: Labels, changes: Partial<UsageSelection> = {}): UsageSelection {
  const { period, startMs } = MONTH;
  return { selector, timeZone: "Europe/Berlin", period, startMs, endMs: LAST_MS, ...changes };
}

/** What is in the hole comes after all else, and some of the rest again. */
async function pushWithHole(server: MetricsServer): Promise<void> {
  const isInHole = ({ windowEndMs }: Request): boolean => windowEndMs > HOLE[0] && windowEndMs <= HOLE[1];
  await push(
    server,
    requests.filter((request) => !isInHole(request)),
  );
  await push(server, requests.filter(isInHole));
  await push(server, requests.slice(-300));
}

/** The series of both ledgers, in the order of a source. */
async function ledgersSeries(selection: UsageSelection) {
  const usages = await Promise.all(sources.map((source) => source.usage(selection)));
  const series = usages.flatMap((usage) => usage.series);
  const keyOf = (index: number): string =>
    `${series[index]?.network} ${series[index]?.instance} ${series[index]?.interface}`;
  return [...series.keys()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map((index) => series[index]);
}

const SELECTIONS: readonly (readonly [string, UsageSelection])[] = [
  ["a customer's networks at both agents", selectionOf({ customer: CUSTOMER })],
  ["one network", selectionOf({ customer: CUSTOMER, network: "acme-fra" })],
  ["one site", selectionOf({ customer: CUSTOMER, site: "b" })],
  ["an hour", selectionOf({ customer: CUSTOMER }, { startMs: HOLE[0], endMs: HOLE[0] + HOUR_MS })],
  ["a single interval", selectionOf({ customer: CUSTOMER }, { startMs: HOLE[1], endMs: HOLE[1] + INTERVAL_MS })],
  [
    "the time around a change of labels",
    selectionOf({ network: "acme-fra" }, { startMs: RELABELLED_MS - HOUR_MS, endMs: RELABELLED_MS + HOUR_MS }),
  ],
  ["a customer who is not there", selectionOf({ customer: "Müller" })],
];

describe.each([
  ["Prometheus", () => startPrometheus({ outOfOrder: true })],
  ["VictoriaMetrics", () => startVictoriaMetrics()],
  // As it starts by default: what was pushed twice is there twice.
  ["VictoriaMetrics without deduplication", () => startVictoriaMetrics(["-dedup.minScrapeInterval=0"])],
])("usage out of %s", (_, start) => {
  let server: MetricsServer;
  beforeAll(async () => {
    server = await start();
    await pushWithHole(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(SELECTIONS)("is to the byte the ledgers': %s", async (_name, selection) => {
    await using source = sourceOf(server.url, { windowMs: INTERVAL_MS });
    const series = await source.series(selection);
    expect(series).toEqual(await ledgersSeries(selection));
    expect(series.length > 0).toBe(selection.selector["customer"] !== "Müller");
  });

  it("is the same of a network without a contract, in UTC", async () => {
    await using source = sourceOf(server.url);
    const { period, startMs } = new Calendar("UTC").monthAt(LAST_MS);
    const selection = selectionOf({ network: "other" }, { timeZone: "UTC", period, startMs });
    const [first] = await source.series(selection);
    expect(first?.startsMs).toHaveLength((LAST_MS - startMs) / INTERVAL_MS);
    expect(await source.series(selection)).toEqual(await ledgersSeries(selection));
  });

  it("has every value up to 2^53 - 1", async () => {
    await using source = sourceOf(server.url);
    const { period, startMs } = new Calendar("UTC").monthAt(LAST_MS);
    const [first] = await source.series(selectionOf({ network: "other" }, { timeZone: "UTC", period, startMs }));
    expect(new Set(first?.bytesOut)).toEqual(new Set(LARGEST));
  });

  it("is the same in small pieces", async () => {
    await using source = sourceOf(server.url, { answerBytes: 30_000 });
    const selection = selectionOf({ customer: CUSTOMER });
    expect(await source.series(selection)).toEqual(await ledgersSeries(selection));
  });

  it("is as complete as each ledger says", async () => {
    await using source = sourceOf(server.url, { windowMs: INTERVAL_MS });
    for (const [index, ledger] of sources.entries()) {
      const selection = selectionOf({ customer: CUSTOMER, instance: `edge-0${index + 1}` });
      const [{ completeness }, expected] = [await source.usage(selection), await ledger.usage(selection)];
      expect(completeness).toBeCloseTo(expected.completeness ?? Number.NaN, 12);
    }
  });

  it("knows the networks of a time with the labels that they had, without external ones", async () => {
    await using source = sourceOf(server.url, { externalLabels: { region: "eu" } });
    const ber = { name: "acme-ber", labels: { customer: CUSTOMER, site: "b" } };
    const fra = { name: "acme-fra", labels: { customer: CUSTOMER } };
    const labelled = { name: "acme-fra", labels: { customer: CUSTOMER, ...PRODUCTION } };
    const other = { name: "other", labels: {} };
    expect(await source.networks(FIRST_MS, RELABELLED_MS)).toEqual([ber, fra, other]);
    expect(await source.networks(MONTH.startMs, LAST_MS)).toEqual([ber, labelled, fra, other]);
    expect(await source.networks(LAST_MS, LAST_MS + HOUR_MS)).toEqual([]);
    expect(await source.networks(FIRST_MS, LAST_MS, { instance: "edge-02" })).toEqual([fra]);
  });

  it("comes through a proxy that asks who it is", async () => {
    await using proxy = await ForwardProxy.start({ credentials: "edge:s3cret" });
    const connection = endpointOf(server.url, {
      proxy: { kind: "url", url: proxy.urlAs("edge:s3cret@"), noProxy: null },
    });
    await using source = sourceOf("", { connection });
    const selection = selectionOf({ customer: CUSTOMER });
    expect(await source.series(selection)).toEqual(await ledgersSeries(selection));
    expect(proxy.served).toEqual([`POST ${server.url}/api/v1/query`]);
  });
});

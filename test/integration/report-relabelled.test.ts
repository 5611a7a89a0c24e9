// A network that goes to another customer in the middle of a month: bills out of the ledger and out of a real Prometheus are
// the same, of everyone who had it.

import { describe, expect, it } from "vitest";
import type { UsageSource } from "../../src/billing/interval-series.ts";
import { ledgerSource } from "../../src/billing/ledger-source.ts";
import { reconcile } from "../../src/billing/reconcile.ts";
import { bills, contractsOf } from "../../src/billing/report.ts";
import { IntervalReader } from "../../src/buffer/interval-reader.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { accountOptions } from "../../src/ledger/ledger-options.ts";
import { Calendar } from "../../src/model/calendar.ts";
import { networkOf } from "../support/ledger-options.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { closeInterval, push, pushedOptions, takeRequests } from "../support/pushed-ledger.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { contractOf } from "../unit/billing/billing-fixture.ts";
import { INTERVAL_MS, sourceOf } from "../unit/billing/prometheus-fixture.ts";

const UTC = new Calendar("UTC");
/** The month before this one: over, whenever the test runs. */
const MONTH = UTC.monthBefore(UTC.monthAt(Date.now()));
const MONTH_TEXT = `${MONTH.period.slice(0, 4)}-${MONTH.period.slice(4)}`;
const FIRST_MS = MONTH.startMs + 10 * 86_400_000;
const CONTRACTS = [contractOf({ customer: "alpha", selector: { customer: "alpha" }, timeZone: "Europe/Berlin" })];
const NAMES = ["acme-fra", "acme-ber", "lab"];
const EXTERNAL = { region: "eu" };

/** Customers of the networks; an empty text for none. */
function optionsOf(stateDir: string, customers: readonly string[]) {
  const networks = NAMES.map((name, index) => {
    const customer = customers[index] ?? "";
    return networkOf(name, { labels: customer === "" ? {} : { customer } });
  });
  const contracts = CONTRACTS.map(({ customer, timeZone }) => ({ customer, timeZone }));
  const baseLabels = { instance: "edge-01", job: "acct-agent", ...EXTERNAL };
  return pushedOptions(stateDir, { networks, contracts, baseLabels });
}

/** Of an interval by its number: eth1 is one behind. */
function count(ledger: Ledger, index: number): void {
  const traffic = (at: number, factor: number) => {
    const bytes = (network: number) => ((at + 1) * 7_919 * (network + 2) * factor) % 1_000_003;
    const rowOf = (_: string, network: number) => {
      return { ip: `192.0.2.${network}`, network, bytesIn: bytes(network), bytesOut: at, packetsIn: 1 };
    };
    return { networks: NAMES, rows: NAMES.map(rowOf) };
  };
  closeInterval(ledger, FIRST_MS + index * INTERVAL_MS, traffic(index, 1));
  if (index > 0)
    closeInterval(ledger, FIRST_MS + (index - 1) * INTERVAL_MS, { ...traffic(index - 1, 5), interface: "eth1" });
}

async function billsOf(source: UsageSource) {
  const nowMs = Date.now();
  const request = {
    month: MONTH_TEXT,
    nowMs,
    byteLayer: "ip",
    externalLabels: EXTERNAL,
    contracts: CONTRACTS,
  } as const;
  const { contracts, unbilled } = await contractsOf(source, request);
  const found = [];
  for await (const { bill, usage } of bills(source, contracts, request)) {
    const { completeness, ...rest } = bill;
    expect(completeness).toBeCloseTo(1, 9);
    found.push({ ...rest, series: usage.series });
  }
  return { bills: found, unbilled };
}

function openLedger(stateDir: string): UsageSource & AsyncDisposable {
  const reader = new IntervalReader(stateDir, 0);
  const source = ledgerSource(reader, { instance: "edge-01", externalLabels: EXTERNAL, nowMs: Date.now() });
  return { ...source, [Symbol.asyncDispose]: async () => reader[Symbol.dispose]() };
}

/** Customer, network, interface and number of intervals; the same of both sources, and of every byte once. */
async function billed(stateDir: string, url: string): Promise<readonly string[]> {
  await using stored = openLedger(stateDir);
  await using prometheus = sourceOf(url, { windowMs: INTERVAL_MS, externalLabels: EXTERNAL });
  const fromLedger = await billsOf(stored);
  expect(await billsOf(prometheus)).toEqual(fromLedger);
  expect(fromLedger.unbilled).toEqual([]);
  const bytes = fromLedger.bills.reduce((sum, bill) => sum + bill.totalBytesIn + bill.totalBytesOut, 0n);
  const all = await stored.usage({ selector: {}, ...MONTH, timeZone: "UTC" });
  const columns = all.series.flatMap(({ bytesIn, bytesOut }) => [...bytesIn, ...bytesOut]);
  expect(bytes).toBe(BigInt(columns.reduce((sum, value) => sum + value, 0)));
  return fromLedger.bills.flatMap(({ contract: { customer }, series }) =>
    series.map((one) => `${customer}: ${one.network} ${one.interface} ${one.startsMs.length}`),
  );
}

/** The number of compared directions, and what differs. */
async function reconciled(stateDir: string, url: string) {
  await using ledger = openLedger(stateDir);
  await using prometheus = sourceOf(url, { windowMs: INTERVAL_MS, externalLabels: EXTERNAL });
  const zones = ["UTC", "Europe/Berlin"].map((timeZone) => {
    return { timeZone, ...new Calendar(timeZone).month(MONTH.period) };
  });
  const { timeZonesOf } = accountOptions(optionsOf(stateDir, []));
  const options = { instance: "edge-01", zones, timeZonesOf, retainedFromMs: 0, nowMs: Date.now() };
  const sources = { ledger, isPending: () => false, prometheus, openLedger: () => openLedger(stateDir) };
  const differences = [];
  let equal = 0;
  for await (const one of reconcile(sources, options)) {
    equal += one.equal;
    differences.push(...one.differences);
  }
  return { equal, differences };
}

describe("a network that changes customers within a month", () => {
  it("is billed to each for its own intervals, the same from both sources, before and after more of them", async () => {
    await using folder = await tempFolder();
    await using server = await startPrometheus({ outOfOrder: true });
    using ledger = new Ledger(optionsOf(folder.path, ["alpha", "alpha", ""]));
    for (let index = 0; index < 5; index += 1) count(ledger, index);
    await push(server, takeRequests(ledger));
    expect(await billed(folder.path, server.url)).toEqual([
      "alpha: acme-ber eth0 5",
      "alpha: acme-ber eth1 4",
      "alpha: acme-fra eth0 5",
      "alpha: acme-fra eth1 4",
      "lab: lab eth0 5",
      "lab: lab eth1 4",
    ]);
    ledger.configure(optionsOf(folder.path, ["beta", "alpha", "alpha"]));
    for (let index = 5; index < 8; index += 1) count(ledger, index);
    await push(server, takeRequests(ledger));
    expect(await billed(folder.path, server.url)).toEqual([
      "alpha: acme-ber eth0 8",
      "alpha: acme-ber eth1 7",
      "alpha: acme-fra eth0 5",
      "alpha: acme-fra eth1 4",
      "alpha: lab eth0 3",
      "alpha: lab eth1 3",
      "beta: acme-fra eth0 3",
      "beta: acme-fra eth1 3",
      "lab: lab eth0 5",
      "lab: lab eth1 4",
    ]);
    expect(await reconciled(folder.path, server.url)).toEqual({ equal: 2 * 3 * 15, differences: [] });
  });
});

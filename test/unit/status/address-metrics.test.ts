import { describe, expect, it } from "vitest";

import { openSnapshot } from "../../../src/buffer/read-only-ledger.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../../src/ledger/ledger-options.ts";
import { addressMetrics } from "../../../src/status/address-metrics.ts";
import { metricComplaints } from "../../support/check-metrics.ts";
import { ledgerOptions, networkOf, takeSamples } from "../../support/ledger-options.ts";
import { type TempFolder, tempFolder } from "../../support/temp-folder.ts";
import { windowUsage } from "../../support/window-usage.ts";

const START_MS = Date.UTC(2026, 9, 15, 12);
const LABELS = { customer: 'a"b\\c\nd', environment: "production" };
const NETWORKS = [networkOf("acme", { labels: LABELS }), networkOf("plain")];
const ROWS = [
  { ip: "192.0.2.1", bytesIn: 1500, packetsIn: 1, bytesOut: 40, packetsOut: 2 },
  { ip: "2001:db8::1", network: 1, bytesOut: 2 ** 52, packetsOut: 7 },
  { ip: "overflow", bytesIn: 9, packetsIn: 9 },
];

async function metricsOf(folder: TempFolder, externalLabels: Readonly<Record<string, string>> = {}): Promise<string> {
  using ledger = openSnapshot(folder.path);
  const pause = async (): Promise<void> => undefined;
  const made = await addressMetrics(ledger.database, { externalLabels, pause });
  return made.kind === "pieces" ? Buffer.concat(made.pieces).toString() : made.kind;
}

function window(number: number, rows: typeof ROWS, interfaceName = "eth0") {
  const networks = NETWORKS.map(({ name }) => name);
  return windowUsage(START_MS + number * 60_000, rows, { networks, interface: interfaceName });
}

function byName(labels: readonly (readonly [name: string, value: string])[]): string {
  return JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is pushed of the last window, as the text format has it: without what names the agent. */
function pushed(ledger: Ledger): readonly string[] {
  const samples = takeSamples(ledger).filter(({ labels }) => labels["ip"] !== undefined);
  const latest = new Map(samples.map((sample) => [sample.series, sample]));
  return [...latest.values()].map(({ name, labels, value }) => {
    const { instance: _instance, job: _job, ...rest } = labels;
    return `${name} ${byName(Object.entries(rest))} ${value}`;
  });
}

/** The same of a page. */
function scraped(page: string): readonly string[] {
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, name, text = "", value] = /^(\w+)\{(.*)\} (\d+)$/.exec(line) ?? [];
    const labels = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", raw = ""]): [string, string] => [
      key,
      raw.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
    ]);
    return `${name} ${byName(labels)} ${value}`;
  });
}

describe("the counters of addresses", () => {
  const options = (folder: TempFolder): LedgerOptions => {
    const baseLabels = { site: "fra", instance: "edge-01", job: "acct-agent" };
    return ledgerOptions(folder.path, { networks: NETWORKS, baseLabels, byteLayer: "ethernet" });
  };

  it("are those that are pushed, series for series, in the configured layer", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(options(folder));
    ledger.close(window(1, ROWS), { live: true });
    ledger.close(window(2, ROWS), { live: true });
    ledger.close(window(2, ROWS.slice(0, 1), "eth1"), { live: true });
    const page = await metricsOf(folder, { site: "fra" });
    expect(scraped(page).toSorted()).toEqual(pushed(ledger).toSorted());
    expect(page).toContain(
      `acct_bytes_total{ip="2001:db8::1",direction="out",site="fra",network="plain",interface="eth0"} `,
    );
  });

  it("are what promtool expects, whatever labels hold, and also where there are none", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(options(folder));
    expect(await metricComplaints(await metricsOf(folder))).toEqual([]);
    ledger.close(window(1, ROWS), { live: true });
    const page = await metricsOf(folder, { site: "a\\" });
    expect(await metricComplaints(page)).toEqual([]);
    expect(page).toContain('customer="a\\"b\\\\c\\nd"');
    expect(page.match(/^# TYPE acct_bytes_total counter$/gm)).toHaveLength(1);
  });

  it("are not made of more than so many, of all interfaces together", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger({ ...options(folder), idleTimeoutMs: 60_000 });
    ledger.close(window(1, ROWS), { live: true });
    ledger.close(window(1, ROWS.slice(0, 2), "eth1"), { live: true });
    const kindOf = async (most: number) => {
      using snapshot = openSnapshot(folder.path);
      const { kind } = await addressMetrics(snapshot.database, { externalLabels: {}, pause: async () => {}, most });
      return kind;
    };
    expect([await kindOf(5), await kindOf(4)]).toEqual(["pieces", "too many"]);
    ledger.close(window(9, ROWS.slice(1)), { live: true });
    expect(await kindOf(4)).toBe("pieces");
  });

  it("end with the series of an address that was idle for too long", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger({ ...options(folder), idleTimeoutMs: 60_000 });
    ledger.close(window(1, ROWS), { live: true });
    ledger.close(window(9, ROWS.slice(1)), { live: true });
    const page = await metricsOf(folder);
    expect(page).not.toContain("192.0.2.1");
    expect(page).toContain("2001:db8::1");
  });
});

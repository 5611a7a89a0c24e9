// What the status page's thread says of a ledger (dist, so build first): the figures of `acct-agent report` of the same
// moment, to the byte; and what it says of a ledger that it cannot read.

import { writeFile } from "node:fs/promises";
import { stringify } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { BillToDate, UsageReport } from "../../src/status/usage.ts";
import { StatusClient } from "../../src/status/status-client.ts";
import type { UsageSettings } from "../../src/status/usage-settings.ts";
import type { Answer } from "../../src/telemetry/answer.ts";
import { Calendar } from "../../src/model/calendar.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../../src/model/time.ts";
import { runCommand } from "../support/agent-process.ts";
import { changeLedger } from "../support/ledger-options.ts";
import { type MadeSeries, writeMonthLedger } from "../support/month-ledger.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { quietStatus, usageSettings } from "../support/usage-settings.ts";
import { waitFor } from "../support/wait-for.ts";
import { memoryLog } from "../unit/ship/memory-log.ts";

const built = (path: string): URL => new URL(`../../dist/${path}`, import.meta.url);
const { usageSettings: settingsOf }: typeof import("../../src/status-service.ts") = await import(
  built("status-service.js").href
);
const { agentOptions }: typeof import("../../src/agent-options.ts") = await import(built("agent-options.js").href);
const { loadConfig }: typeof import("../../src/config/config.ts") = await import(built("config/config.js").href);

/** Asks for nothing twice: each answer is of its own moment. */
function clientOf(settings: UsageSettings): StatusClient {
  const program = built("status/status-thread.js");
  return new StatusClient(settings, { log: memoryLog().log, program, limits: { shareMs: 0 } });
}

const textOf = ({ parts }: Answer): string => Buffer.concat(parts).toString();
const status = async () => quietStatus();

async function reportOf(client: StatusClient): Promise<UsageReport> {
  const answer = await client.ask({ kind: "usage" }, status);
  if (answer.status !== 200) throw new Error(textOf(answer));
  return JSON.parse(textOf(answer));
}

async function figuresOf(client: StatusClient): Promise<UsageReport> {
  return waitFor("the figures of the month", async () => {
    const report = await reportOf(client);
    return report.figures_as_of === null ? null : report;
  });
}

const ZONES = ["UTC", "Europe/Berlin", "America/New_York"];
const CONTRACTS = [
  { customer: "acme", time_zone: "Europe/Berlin", commit_mbps: "100", price_per_mbps: "2.5", currency: "EUR" },
  { customer: "acme", name: "fra", labels: { site: "fra" }, percentile: "90", direction: "percentile_of_sum" },
  { customer: "globex", time_zone: "America/New_York", gaps: "exclude", aggregation: "sum_of_percentiles" },
  { customer: "late", starts: new Date(Date.UTC(2100, 0, 1)) },
];
const NETWORKS = [
  { name: "acme-fra", labels: { customer: "acme", site: "fra" } },
  { name: "acme-ber", labels: { customer: "acme" } },
  { name: "globex", labels: { customer: "globex" } },
  { name: "late", labels: { customer: "late" } },
  { name: "nobody's / <own>", labels: {} },
  { name: "silent", labels: { customer: "silent" } },
];

/** All but the last network, from before the month of any zone until now. */
function series(endMs: number): MadeSeries[] {
  const startMs = Math.min(...ZONES.map((zone) => new Calendar(zone).monthAt(endMs).startMs)) - BILLING_INTERVAL_MS * 5;
  return NETWORKS.slice(0, -1).map(({ name: network, labels }, index) => ({
    network,
    labels,
    startMs,
    endMs,
    usage: (timeMs) => {
      const slot = timeMs / BILLING_INTERVAL_MS;
      const isGap = index === 2 && slot % 50 < 3;
      return isGap ? null : { bytesIn: (slot * 7_919 * (index + 1)) % 8e9, bytesOut: (slot * 104_729) % 5e9 };
    },
  }));
}

/** A bill of `report --format json`. */
interface ReportedBill extends Pick<
  BillToDate,
  "customer" | "name" | "period" | "time_zone" | "charge" | "projection"
> {
  readonly total_bytes_in: number;
  readonly total_bytes_out: number;
  readonly [figure: string]: unknown;
}

/** Of each, what both have. */
const SHARED_KEYS = (
  "customer name period time_zone charge projection completeness coverage p95_in_bps p95_out_bps billable_bps " +
  "billable_direction commit_bps overage_bps intervals_above_commit burst_intervals_left"
).split(" ");

function fromReport(bill: ReportedBill) {
  const shared = Object.fromEntries(SHARED_KEYS.map((key) => [key, bill[key]]));
  return { ...shared, bytes_in: bill.total_bytes_in, bytes_out: bill.total_bytes_out };
}

describe("the figures of a ledger", () => {
  let folder: TempFolder;
  let client: StatusClient;
  let settings: UsageSettings;

  beforeAll(async () => {
    folder = await tempFolder();
    // Nothing of the interval that runs, and of the one before: what is made up is settled.
    writeMonthLedger(folder.file("state"), series(floorTo(Date.now(), BILLING_INTERVAL_MS) - BILLING_INTERVAL_MS));
    const config = {
      agent: { instance: "edge-01", state_dir: "state", listen: "", external_labels: { region: "eu" } },
      interface: [{ name: "lo" }],
      network: NETWORKS.map((network, index) => ({ ...network, prefixes: [`192.0.2.${index}/32`] })),
      contract: CONTRACTS.map(({ starts, ...contract }) =>
        starts === undefined ? contract : { ...contract, starts: "DATE" },
      ),
    };
    await writeFile(folder.file("agent.toml"), stringify(config).replace('"DATE"', "2100-01-01"));
    settings = settingsOf(agentOptions(loadConfig(folder.file("agent.toml"))));
    client = clientOf(settings);
  });

  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function reported(...args: readonly string[]): Promise<readonly ReportedBill[]> {
    const { stdout } = await runCommand("report", "--config", folder.file("agent.toml"), "--format", "json", ...args);
    return JSON.parse(stdout).bills;
  }

  /** Both of one billing interval. */
  async function sameMoment() {
    return waitFor("a report and figures of one moment", async () => {
      const fresh = clientOf(settings);
      await using _ended = fresh;
      const intervalMs = floorTo(Date.now(), BILLING_INTERVAL_MS);
      const [bills, usage] = await Promise.all([reported(), figuresOf(fresh)]);
      return floorTo(Date.now(), BILLING_INTERVAL_MS) === intervalMs ? { bills, usage } : null;
    });
  }

  it("are those of the report, in its order, for contracts and for everyone else", async () => {
    const { bills, usage } = await sameMoment();
    expect(bills.map(({ customer, name }) => [customer, name])).toEqual([
      ["acme", null],
      ["acme", "fra"],
      ["globex", null],
      ["nobody's / <own>", null],
    ]);
    const shown = usage.bills.map(({ networks: _networks, burst_intervals: _burst, ...bill }) => bill);
    expect(shown).toEqual(bills.map(fromReport));
    expect(usage.bills.map(({ networks }) => networks)).toEqual([
      ["acme-ber", "acme-fra"],
      ["acme-fra"],
      ["globex"],
      ["nobody's / <own>"],
    ]);
    expect(shown.every(({ bytes_in, p95_in_bps }) => bytes_in > 0 && p95_in_bps > 0)).toBe(true);
  });

  it("are of each network by the first of its contracts that is in force, alone", async () => {
    const usage = await figuresOf(client);
    const months = new Map(usage.networks.map(({ name, month }) => [name, month]));
    expect([...months.keys()].toSorted()).toEqual(NETWORKS.map(({ name }) => name).toSorted());
    const zoneOf = (name: string) => months.get(name)?.time_zone;
    expect(NETWORKS.map(({ name }) => zoneOf(name))).toEqual([
      "Europe/Berlin",
      "Europe/Berlin",
      "America/New_York",
      "UTC",
      "UTC",
      "UTC",
    ]);
    const [acme, , globex] = usage.bills;
    const both = ["acme-fra", "acme-ber"].map((name) => months.get(name)?.bytes_in ?? 0);
    expect(both.every((bytes) => bytes > 0)).toBe(true);
    expect(both.reduce((sum, bytes) => sum + bytes, 0)).toBe(acme?.bytes_in);
    const { period, bytes_in, p95_in_bps, coverage } = globex ?? {};
    expect(months.get("globex")).toMatchObject({ period, bytes_in, p95_in_bps, coverage });
    expect(months.get("silent")).toMatchObject({ bytes_in: 0, p95_in_bps: 0, coverage: 0 });
  });

  it("have labels as they are pushed from the network, not those of the agent", async () => {
    const { networks } = await reportOf(client);
    expect(networks.find(({ name }) => name === "acme-fra")?.labels).toEqual({ customer: "acme", site: "fra" });
  });

  it("are on the pages of networks and customers, whatever those are called", async () => {
    await figuresOf(client);
    for (const kind of ["front", "networks", "customers"] as const)
      expect((await client.ask({ kind }, status)).status).toBe(200);
    for (const { name } of NETWORKS) {
      const page = await client.ask({ kind: "network", name }, status);
      expect([page.status, page.type]).toEqual([200, "text/html; charset=utf-8"]);
      expect(page.headers?.["Content-Security-Policy"]).toContain("script-src 'self'");
    }
    for (const name of ["acme", "globex", "late", "silent", "nobody's / <own>"]) {
      const page = await client.ask({ kind: "customer", name }, status);
      expect([name, page.status]).toEqual([name, 200]);
      expect(textOf(page)).not.toContain("<own>");
    }
  });

  it("are of nobody who does not exist", async () => {
    for (const [kind, line] of [
      ["network", "there is no network of this name\n"],
      ["customer", "there is no customer of this name\n"],
    ] as const) {
      const answer = await client.ask({ kind, name: "__proto__" }, status);
      expect([answer.status, answer.type, textOf(answer)]).toEqual([404, "text/plain; charset=utf-8", line]);
    }
  });

  it("follow a changed configuration", async () => {
    const changing = clientOf(settings);
    await using _ended = changing;
    await figuresOf(changing);
    changing.reconfigure({ ...settings, contracts: [], networks: [{ name: "new", labels: {} }] });
    await waitFor("the bills by the defaults", async () => (await reportOf(changing)).bills[1]?.customer === "globex");
    const { bills, networks } = await reportOf(changing);
    expect(bills.map(({ customer }) => customer)).toEqual(["acme", "globex", "late", "nobody's / <own>"]);
    expect(networks.map(({ name }) => name)).toContain("new");
    expect((await changing.ask({ kind: "network", name: "new" }, status)).status).toBe(200);
  });
});

describe("a ledger that cannot be read", () => {
  it("is told with 503 and one line, and the page is there when the ledger is", async () => {
    await using folder = await tempFolder();
    const client = clientOf(usageSettings(folder.path));
    await using _ended = client;
    const missing = await client.ask({ kind: "front" }, status);
    expect(missing.status).toBe(503);
    expect(textOf(missing)).toMatch(/^the status page cannot be shown now: [^\n]*there is no ledger[^\n]*\n$/);
    writeMonthLedger(folder.path, []);
    expect((await client.ask({ kind: "front" }, status)).status).toBe(200);
    changeLedger(folder.path, "PRAGMA user_version = 999");
    const newer = await client.ask({ kind: "front" }, async () => quietStatus("2026-10-15T12:00:00.000Z"));
    expect([newer.status, textOf(newer).split("\n")]).toEqual([503, [expect.stringContaining("999"), ""]]);
  });
});

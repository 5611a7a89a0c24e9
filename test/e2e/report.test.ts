// `acct-agent report` as a person or a script meets it: a month of packets goes through replay, and each figure of the bill
// is known, because the packets are made here. Needs no privileges.

import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { stringify } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, runCommand } from "../support/agent-process.ts";
import { type CapturedFrame, pcapFile } from "../support/capture-file.ts";
import { ethernet, IPV4, ipv4, udp } from "../support/frames.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const INTERVAL_MS = 300_000;
const IP_AND_UDP_BYTES = 28;
const FOREIGN = '=HYPERLINK("x")\u001b[31m';

/** The first of a month in UTC, so many months from the current one. */
function monthStart(months: number): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1);
}

const [START_MS, END_MS] = [monthStart(-1), monthStart(0)];
const MONTH = new Date(START_MS).toISOString().slice(0, 7);
const STARTS = Array.from({ length: (END_MS - START_MS) / INTERVAL_MS }, (_, index) => START_MS + index * INTERVAL_MS);
const N = STARTS.length;
const DISCARDED = (N - (N % 20)) / 20;

/** IP bytes of an interval: one packet each way. */
const bytesIn = (timeMs: number): number => 128 + (((timeMs / INTERVAL_MS) * 7_919) % 1_301);
const bytesOut = (timeMs: number): number => 90 + (((timeMs / INTERVAL_MS) * 104_729) % 1_201);

function packet(timeMs: number, [source, destination]: readonly [string, string], ipBytes: number): CapturedFrame {
  const payload = udp(ipBytes - IP_AND_UDP_BYTES);
  return { timeNs: BigInt(timeMs) * 1_000_000n, frame: ethernet(IPV4, ipv4({ source, destination, payload })) };
}

/** One packet in at each interval's start, one out at its end. */
function monthOfPackets(): CapturedFrame[] {
  return STARTS.flatMap((timeMs) => [
    packet(timeMs, ["198.51.100.7", "10.1.0.1"], bytesIn(timeMs)),
    packet(timeMs + INTERVAL_MS - 1, ["10.1.0.1", "198.51.100.7"], bytesOut(timeMs)),
  ]);
}

const CONFIG = {
  agent: { instance: "edge-01", state_dir: "state", listen: "" },
  interface: [{ name: "none0" }],
  network: [
    { name: "acme-fra", prefixes: ["10.1.0.0/24"], labels: { customer: "acme" } },
    { name: "foreign", prefixes: ["10.2.0.0/24"], labels: { customer: FOREIGN } },
    { name: "lonely", prefixes: ["10.3.0.0/24"] },
  ],
  // 20 bits a second, and a million for each Mbps: as little as a packet in five minutes shows in money.
  contract: [{ customer: "acme", commit_mbps: "0.00002", price_per_mbps: "1000000", currency: "EUR" }],
};

let folder: TempFolder;

beforeAll(async () => {
  folder = await tempFolder();
  await writeFile(folder.file("agent.toml"), stringify(CONFIG));
  await writeFile(folder.file("month.pcap"), pcapFile(monthOfPackets()));
  const { code, complaints } = await runCommand("replay", "--config", config(), folder.file("month.pcap"));
  if (code !== 0) throw new Error(`the month is not accounted: ${complaints.join(" ")}`);
});

afterAll(async () => await folder[Symbol.asyncDispose]());

const config = (): string => folder.file("agent.toml");

const report = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand("report", "--config", config(), ...args);

async function reportOf(...args: readonly string[]): Promise<string> {
  const { code, stdout, complaints } = await report("--month", MONTH, ...args);
  expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
  return stdout;
}

/** By sorting in the way that the rule is told. */
function percentileOf(bytes: (timeMs: number) => number): number {
  const sorted = STARTS.map(bytes).toSorted((a, b) => b - a);
  return sorted[DISCARDED] ?? Number.NaN;
}

const sumOf = (bytes: (timeMs: number) => number): number => STARTS.reduce((sum, time) => sum + bytes(time), 0);
const bps = (bytes: number): number => (bytes * 8) / 300;

describe("the bill of a replayed month", () => {
  it("is exact in every figure", async () => {
    const text = await reportOf("--format", "json", "--customer", "acme");
    const { bills }: { bills: readonly unknown[] } = JSON.parse(text);
    const [p95In, p95Out] = [percentileOf(bytesIn), percentileOf(bytesOut)];
    const cents = (BigInt(p95In) * 1_600n + 300n) / 600n;
    const above = STARTS.filter((time) => bytesIn(time) > 750).length;
    expect(bills).toHaveLength(1);
    expect(bills[0]).toMatchObject({
      customer: "acme",
      name: null,
      period: MONTH,
      time_zone: "UTC",
      status: "provisional",
      from: new Date(START_MS).toISOString(),
      to: new Date(END_MS).toISOString(),
      intervals_expected: N,
      intervals_observed: N,
      coverage: 1,
      gaps: [],
      ranked: N,
      discarded: DISCARDED,
      rank: DISCARDED + 1,
      p95_in_bytes: p95In,
      p95_out_bytes: p95Out,
      billable_bytes: p95In,
      p95_in_bps: bps(p95In),
      p95_out_bps: bps(p95Out),
      billable_bps: bps(p95In),
      billable_direction: "in",
      billable_at: new Date(STARTS.find((time) => bytesIn(time) === p95In) ?? 0).toISOString(),
      average_in_bps: bps(sumOf(bytesIn) / N),
      average_out_bps: bps(sumOf(bytesOut) / N),
      max_in_bps: bps(Math.max(...STARTS.map(bytesIn))),
      max_out_bps: bps(Math.max(...STARTS.map(bytesOut))),
      total_bytes_in: sumOf(bytesIn),
      total_bytes_out: sumOf(bytesOut),
      commit_bps: 20,
      overage_bps: bps(p95In) - 20,
      intervals_above_commit: above,
      burst_intervals_left: DISCARDED - above,
      charge: { currency: "EUR", amount: `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}` },
      projection: null,
    });
    // The file ends with its last packet, a millisecond before the month.
    expect(bills[0]).toHaveProperty("completeness", expect.closeTo(1, 6));
  });

  it("is there for each customer, contract or not, in the order of the contracts and then of names", async () => {
    const { bills }: { bills: readonly { customer: string; total_bytes_in: number }[] } = JSON.parse(
      await reportOf("--format", "json"),
    );
    expect(bills.map(({ customer, total_bytes_in: total }) => [customer, total > 0])).toEqual([
      ["acme", true],
      [FOREIGN, false],
      ["lonely", false],
    ]);
  });

  it("can be computed again with sort from the intervals", async () => {
    const file = folder.file("intervals.csv");
    await reportOf("--customer", "acme", "--intervals", "--output", file);
    const lines = (await readFile(file, "utf8")).split("\n");
    expect(lines[0]).toBe("customer,name,network,instance,interface,start,bytes_in,bytes_out,present");
    const first = `acme,,acme-fra,edge-01,replay,${new Date(START_MS).toISOString()}`;
    expect(lines[1]).toBe(`${first},${bytesIn(START_MS)},${bytesOut(START_MS)},1`);
    expect(lines).toHaveLength(N + 2);
    const rank = async (field: number): Promise<number> => {
      const script = `tail -n +2 "$0" | cut -d, -f${field} | sort -nr | sed -n ${DISCARDED + 1}p`;
      return Number((await promisify(execFile)("sh", ["-c", script, file])).stdout);
    };
    expect([await rank(7), await rank(8)]).toEqual([percentileOf(bytesIn), percentileOf(bytesOut)]);
  });

  it("is a table for people, in which no name steers the terminal", async () => {
    const text = await reportOf();
    expect(text).toContain(`acme, ${MONTH}: provisional\n`);
    expect(text).toMatch(
      new RegExp(`Percentile in +0\\.000 Mbps \\(${percentileOf(bytesIn).toLocaleString("en-US")} bytes\\)`),
    );
    expect(text).toContain(`=HYPERLINK("x")\\u{1b}[31m, ${MONTH}: provisional\n`);
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("is a line of CSV that no spreadsheet computes", async () => {
    const [header, ...lines] = (await reportOf("--format", "csv")).split("\r\n");
    expect(header).toMatch(/^customer,name,period,/);
    expect(lines.map((line) => line.slice(0, 12))).toEqual([
      `acme,,${MONTH}`.slice(0, 12),
      `"'=HYPERLINK`,
      `lonely,,${MONTH}`.slice(0, 12),
      "",
    ]);
  });

  it("is a page of HTML without anything of the names in it that a browser would obey", async () => {
    const text = await reportOf("--format", "html", "--customer", FOREIGN);
    expect(text).toMatch(/^<!doctype html>/i);
    expect(text).toContain("=HYPERLINK(&quot;x&quot;)");
    expect(text).not.toContain("\u001b");
  });

  it("says which networks are on no bill, because no contract of their customer has their labels", async () => {
    const file = folder.file("elsewhere.toml");
    const contract = [{ customer: "acme", labels: { site: "ams" } }];
    await writeFile(file, stringify({ ...CONFIG, contract }));
    const { code, stdout, complaints } = await runCommand(
      "report",
      "--config",
      file,
      "--month",
      MONTH,
      "--format",
      "json",
    );
    const why = 'no contract of customer "acme" covers it then and has its labels; add one, or correct one';
    expect(complaints).toEqual([`network "acme-fra": is on no bill of ${MONTH}: ${why}`]);
    const { bills }: { bills: readonly { customer: string; total_bytes_in: number }[] } = JSON.parse(stdout);
    const acme = bills.find(({ customer }) => customer === "acme");
    expect({ code, bytes: acme?.total_bytes_in, bills: bills.length }).toEqual({ code: 0, bytes: 0, bills: 3 });
  });
});

describe("the file of --output", () => {
  it("is there whole, for its owner alone, in place of what was there", async () => {
    const path = folder.file("bills.json");
    await writeFile(path, "old");
    await chmod(path, 0o644);
    expect(await reportOf("--format", "json", "--output", path)).toBe("");
    expect(JSON.parse(await readFile(path, "utf8"))).toHaveProperty("bills.length", 3);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder.path)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it.each([
    ["in a folder that is not there", "nowhere/bills.json", /cannot be written \(ENOENT/],
    ["that is a folder", "taken", /is there and no file/],
  ])("%s is refused in one line", async (_, name, complaint) => {
    await mkdir(folder.file("taken"), { recursive: true });
    const { code, stdout, complaints } = await report("--month", MONTH, "--output", folder.file(name));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(complaints).toEqual([expect.stringMatching(complaint)]);
  });

  it("that is standard output may be closed early", async () => {
    const script = '"$0" "$1" report --config "$2" --month "$3" --intervals | head -1';
    const args = ["-c", `set -o pipefail; ${script}`, process.execPath, MAIN, config(), MONTH];
    const { stdout, stderr } = await promisify(execFile)("bash", args);
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^customer,name,[^\n]+\n$/), stderr: "" });
  });
});

describe("a report that cannot be", () => {
  it.each([
    [2, ["--month", "2026-13"], /^--month "2026-13" is no month: write it as YYYY-MM/],
    [2, ["--format", "pdf"], /^--format "pdf": write table, csv, json, html/],
    [2, ["--source", "disk"], /^--source "disk": write ledger, prometheus/],
    [2, ["--format", "json", "--intervals"], /^--intervals are CSV/],
    [2, ["--output", ""], /^--output is empty/],
    [2, ["--source", "prometheus"], /agent\.toml: query: is missing; add \[query\]/],
    [1, ["--month", "2999-01"], /^no bill for 2999-01: it has not begun$/],
    [1, ["--month", MONTH, "--customer", "acne"], /^--customer "acne": is no customer of this month; there are "acme"/],
  ])("exits with %i and one line: %j", async (code, args, complaint) => {
    const result = await report(...args);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    expect(result.complaints).toEqual([expect.stringMatching(complaint)]);
  });

  it("names the ledger that is not there, and makes none", async () => {
    await using empty = await tempFolder();
    await writeFile(empty.file("agent.toml"), stringify(CONFIG));
    const { code, complaints } = await runCommand("report", "--config", empty.file("agent.toml"));
    expect({ code, complaints }).toEqual({
      code: 1,
      complaints: [expect.stringMatching(/state\/ledger\.sqlite: there is no ledger; start the agent or replay/)],
    });
    expect(await readdir(empty.path)).toEqual(["agent.toml"]);
  });
});

// Final bills as their operator meets them: the built program on a ledger with the whole previous month. Needs no privileges.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { changeLedger } from "../support/ledger-options.ts";
import { LedgerHold } from "../support/ledger-hold.ts";
import { ACME, BilledMonth, HOSTILE } from "../support/billed-month.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const RUNS = 12;

interface BillJson {
  readonly [key: string]: unknown;
}

function billsIn(json: string): readonly BillJson[] {
  const { bills }: { bills: BillJson[] } = JSON.parse(json);
  return bills;
}

describe("report --finalize", () => {
  it("stores each bill once, says what is incomplete, and prints it from then on to the byte", async () => {
    await using billed = await BilledMonth.create();
    const first = await billed.report("--finalize", "--format", "json");
    expect(first.code).toBe(0);
    expect(first.complaints).toEqual([
      expect.stringMatching(
        /^Acme, Inc\., .*: final, version 1, is stored; its coverage is INCOMPLETE: 99\.\d+ %, gaps: 1$/,
      ),
      expect.stringMatching(/final, version 1, is stored$/),
    ]);
    expect(billsIn(first.stdout)).toMatchObject([
      { customer: ACME, period: billed.name, status: "final", version: 1, corrects: null },
      { customer: HOSTILE, status: "final", version: 1, corrects: null, coverage: 1 },
    ]);
    const csv = (await billed.report("--month", billed.name, "--format", "csv")).stdout;
    const second = await billed.report("--finalize", "--month", billed.name, "--format", "json");
    expect(second).toMatchObject({ code: 0, stdout: first.stdout });
    expect(second.complaints.every((line) => line.endsWith("is stored already, and the same today"))).toBe(true);
    expect(billed.bills()).toHaveLength(2);
    billed.erase(billed.month.endMs);
    await billed.configure(null);
    const later = await billed.report("--month", billed.name, "--format", "json");
    expect(later).toMatchObject({ code: 0, stdout: first.stdout });
    expect((await billed.report("--month", billed.name, "--format", "csv")).stdout).toBe(csv);
    const one = await billed.report("--month", billed.name, "--customer", ACME, "--format", "json");
    expect(billsIn(one.stdout)).toEqual(billsIn(first.stdout).slice(0, 1));
  });

  it("refuses a month that is not over with one line that says when", async () => {
    await using billed = await BilledMonth.create();
    const month = new Date().toISOString().slice(0, 7);
    const end = new Date(billed.month.endMs);
    const next = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 1)).toISOString();
    const early = await billed.report("--finalize", "--month", month, "--customer", ACME);
    expect(early).toEqual({
      code: 1,
      stdout: "",
      complaints: [
        `Acme, Inc., ${month}: is not over: it may become final from ${next} on (its end and billing.grace)`,
      ],
    });
    expect(billed.bills()).toEqual([]);
  });

  it("keeps a bill that would differ today, and stores a correction only when told to", async () => {
    await using billed = await BilledMonth.create();
    const only = ["--month", billed.name, "--customer", ACME] as const;
    const json = [...only, "--format", "json"] as const;
    const first = await billed.report("--finalize", ...json);
    changeLedger(
      billed.stateDir,
      `UPDATE interval_usage SET bytes_in = bytes_in + 1 WHERE start_ms = ${billed.month.startMs}`,
    );
    const shown = await billed.report(...json);
    expect(shown).toMatchObject({ code: 0, stdout: first.stdout });
    expect(shown.complaints).toEqual([
      expect.stringMatching(
        /: is final; today intervals_sha256 was "\w+", is "\w+".*report --finalize --correct stores/,
      ),
    ]);
    const differs = await billed.report("--finalize", ...json);
    expect(differs).toMatchObject({ code: 1, stdout: first.stdout });
    expect(differs.complaints).toEqual([expect.stringContaining("final, version 1, stays: intervals_sha256 was")]);
    const corrected = await billed.report("--finalize", "--correct", ...json);
    expect(corrected.code).toBe(0);
    expect(billsIn(corrected.stdout)).toMatchObject([{ status: "corrected", version: 2, corrects: 1 }]);
    expect((await billed.report(...json)).stdout).toBe(corrected.stdout);
    expect(billed.bills()).toEqual([
      { customer: ACME, version: 1n, corrects: null, status: "final" },
      { customer: ACME, version: 2n, corrects: 1n, status: "corrected" },
    ]);
    await billed.configure({ commit_mbps: "200" });
    const other = await billed.report("--finalize", ...json);
    expect(other.code).toBe(1);
    expect(other.complaints.join()).toContain('contract.commit_mbps was "100", is "200"');
    const today = await billed.report("--recompute", ...json);
    expect(billsIn(today.stdout)).toMatchObject([{ status: "provisional", version: null, commit_bps: 200_000_000 }]);
  });

  it("makes no bill of intervals that are erased", async () => {
    await using billed = await BilledMonth.create();
    billed.erase(billed.month.startMs + 86_400_000);
    const refused = await billed.report("--finalize");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.complaints[0]).toMatch(
      /its intervals before \S+ are erased \(buffer\.retention\): it cannot become final$/,
    );
    expect(billed.bills()).toEqual([]);
  });

  it("waits for a program that has the ledger", async () => {
    await using billed = await BilledMonth.create();
    const hold = new LedgerHold(billed.stateDir);
    const result = billed.report("--finalize");
    // Who only reads does not wait.
    expect((await billed.report("--month", billed.name)).code).toBe(0);
    expect(billed.bills()).toEqual([]);
    hold[Symbol.dispose]();
    expect((await result).code).toBe(0);
    expect(billed.bills()).toHaveLength(2);
  });

  it("leaves each bill whole or not there, whenever it is killed", async () => {
    await using billed = await BilledMonth.create();
    const random = new SeededRandom(testSeed());
    const stored: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const child = spawn(process.execPath, [MAIN, "report", "--finalize", "--correct", "--config", billed.configFile]);
      const ended = once(child, "close");
      await sleep(random.whole(200, 900));
      child.kill("SIGKILL");
      await ended;
      const rows = billed.bills("customer, version, json");
      stored.push(rows.length);
      for (const { json } of rows) expect(JSON.parse(String(json))).toMatchObject({ period: billed.name });
      changeLedger(
        billed.stateDir,
        `UPDATE interval_usage SET bytes_in = bytes_in + 1 WHERE start_ms = ${billed.month.startMs}`,
      );
    }
    expect(stored).toEqual(stored.toSorted((a, b) => a - b));
    expect((await billed.report("--finalize", "--correct")).code).toBe(0);
    writeFileSync(billed.file("all.json"), (await billed.report("--month", billed.name, "--format", "json")).stdout);
    expect((await billed.report("--verify", billed.file("all.json"))).code).toBe(0);
  });
});

describe("report --verify", () => {
  it("recomputes final and provisional bills of a file, and says of each whether it is equal", async () => {
    await using billed = await BilledMonth.create();
    const file = billed.file("bills.json");
    const before = await billed.report("--month", billed.name, "--format", "json", "--output", file);
    expect(before.code).toBe(0);
    expect(await billed.report("--verify", file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Acme, Inc\., \S+, provisional: equal\n.*, provisional: equal\n$/),
    });
    await billed.report("--finalize", "--format", "json", "--output", file);
    expect((await billed.report("--verify", file)).stdout).toContain(
      `Acme, Inc., ${billed.name}, final, version 1: equal`,
    );
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/"amount": "[\d.]+"/, '"amount": "1.00"'));
    const forged = await billed.report("--verify", file);
    expect(forged.code).toBe(1);
    expect(forged.stdout).toMatch(
      /^Acme, Inc\., \S+, final, version 1: different: charge\.amount was "1\.00", is "[\d.]+"\n/,
    );
    expect(forged.stdout).not.toContain("\u001b");
    expect(forged.stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  it("says that intervals are gone, and what is no file of bills", async () => {
    await using billed = await BilledMonth.create();
    const file = billed.file("bills.json");
    await billed.report("--finalize", "--format", "json", "--output", file);
    billed.erase(billed.month.startMs + 86_400_000);
    const gone = await billed.report("--verify", file);
    expect(gone.code).toBe(1);
    expect(gone.stdout).toContain("cannot be recomputed: its intervals before");
    writeFileSync(file, '{"bills": [{"customer": "x"}]}');
    expect((await billed.report("--verify", file)).code).toBe(2);
    const missing = await billed.report("--verify", billed.file("none.json"));
    expect(missing).toMatchObject({ code: 2, stdout: "", complaints: [expect.stringContaining("cannot be read")] });
  });

  it("has a digest that standard tools make of the intervals", async () => {
    await using billed = await BilledMonth.create();
    const { stdout } = await billed.report("--finalize", "--customer", ACME, "--format", "json");
    const csv = (await billed.report("--month", billed.name, "--customer", ACME, "--intervals")).stdout;
    const recipe = "tail -n +2 | grep ',1$' | rev | cut -d, -f2-7 | rev | LC_ALL=C sort | sha256sum";
    const digest = execFileSync("sh", ["-c", recipe], { input: csv, encoding: "utf8" });
    expect(digest.slice(0, 64)).toBe(billsIn(stdout)[0]?.["intervals_sha256"]);
  });
});

describe("report --close", () => {
  it("makes final what is due and writes the files of each version once, with names that harm nobody", async () => {
    await using billed = await BilledMonth.create();
    const first = await billed.report("--close");
    expect(first).toMatchObject({ code: 0, stdout: "" });
    const names = readdirSync(billed.file("bills"));
    expect(names).toHaveLength(8);
    expect(
      names.every((name) =>
        /^\d{4}-\d\d_[A-Za-z0-9.-]+~[0-9a-f]{16}_v1(\.(html|json|csv)|_intervals\.csv)$/.test(name),
      ),
    ).toBe(true);
    for (const name of names) expect(statSync(billed.file(`bills/${name}`)).mode & 0o777).toBe(0o600);
    expect(billed.bills()).toHaveLength(2);
    const json = names.find((name) => name.includes("Acme") && name.endsWith(".json")) ?? "";
    const shown = await billed.report("--month", billed.name, "--customer", ACME, "--format", "json");
    expect(readFileSync(billed.file(`bills/${json}`), "utf8")).toBe(shown.stdout);
    const times = names.map((name) => statSync(billed.file(`bills/${name}`)).mtimeMs);
    expect(await billed.report("--close")).toEqual({ code: 0, stdout: "", complaints: [] });
    expect(names.map((name) => statSync(billed.file(`bills/${name}`)).mtimeMs)).toEqual(times);
    await billed.configure({ commit_mbps: "200" });
    await billed.report("--finalize", "--correct");
    await billed.report("--close");
    expect(readdirSync(billed.file("bills")).filter((name) => name.includes("_v2"))).toHaveLength(4);
  });

  it("writes on the next run what it could not write, and nothing for a contract without one interval", async () => {
    await using billed = await BilledMonth.create();
    await billed.configure({ customer: "elsewhere" });
    writeFileSync(billed.file("bills"), "a file");
    const refused = await billed.report("--close");
    expect(refused.code).toBe(1);
    expect(refused.complaints).toContainEqual(expect.stringMatching(/^elsewhere, \S+: not one interval was observed/));
    expect(refused.complaints.at(-1)).toMatch(/^billing\.output_dir \S+bills: cannot be made/);
    const stored = billed.bills();
    expect(stored.map(({ customer }) => customer)).toEqual([HOSTILE, ACME].toSorted());
    execFileSync("rm", [billed.file("bills")]);
    expect((await billed.report("--close")).code).toBe(0);
    expect(readdirSync(billed.file("bills"))).toHaveLength(8);
    expect(billed.bills()).toEqual(stored);
  });
});

// Exactly once over kill -9: a process that commits windows is killed at random moments, again and again, on one ledger.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { Ledger } from "../../src/ledger/ledger.ts";
import { ledgerRows, type Sample, takeSamples } from "../support/ledger-options.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { crashOptions, HOSTS, isHeldFirst, offer, type Origin, rowsOf } from "./ledger-crash.ts";

const CHILD = fileURLToPath(new URL("ledger-crash-child.ts", import.meta.url));
const ROUNDS = 12;
const FIRST = 1;
const MOST_MS = 250;

/** Runs the child from window `from` on and kills it a random time after its first commits. */
async function crash(stateDir: string, from: number, origin: Origin): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, stateDir, String(from), origin], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  setTimeout(() => child.kill("SIGKILL"), randomInt(MOST_MS));
  const [, signal] = await exited;
  expect(signal).toBe("SIGKILL");
}

const bytesOf = (number: number): bigint => rowsOf(number).reduce((sum, { bytesIn = 0 }) => sum + BigInt(bytesIn), 0n);

/** Bytes of windows `FIRST` to `last`, of one billing interval or of all. */
function bytesUpTo(last: number, interval?: number): bigint {
  let sum = 0n;
  for (let number = FIRST; number <= last; number++) {
    if (interval === undefined || Math.floor(number / 5) === interval) sum += bytesOf(number);
  }
  return sum;
}

interface Windows {
  /** The last window that is wholly accounted. */
  readonly closed: number;
  readonly held: number | null;
}

/** The windows in the ledger: all up to the last, of which only the last may be held. */
function windowsOf(stateDir: string): Windows {
  const rows = ledgerRows(stateDir, "SELECT start_ms / 60000 AS number, closed FROM window ORDER BY start_ms");
  const numbers = rows.map(({ number }) => Number(number));
  expect(numbers).toEqual(numbers.map((_, index) => FIRST + index));
  const held = rows.filter(({ closed }) => closed === 0n).map(({ number }) => Number(number));
  expect(held).toEqual(held.filter((number) => isHeldFirst(number) && number === numbers.at(-1)));
  return { closed: (numbers.at(-1) ?? FIRST - 1) - held.length, held: held[0] ?? null };
}

function expectWhole(stateDir: string, { closed, held }: Windows): void {
  const sum = (table: string, where = "1"): bigint =>
    BigInt(
      String(ledgerRows(stateDir, `SELECT coalesce(sum(bytes_in), 0) AS n FROM ${table} WHERE ${where}`)[0]?.["n"]),
    );
  expect(sum("address")).toBe(bytesUpTo(closed));
  expect(sum("held_usage")).toBe(held === null ? 0n : bytesOf(held));
  for (let interval = 0; interval <= Math.floor(closed / 5); interval++) {
    const where = `start_ms = ${interval * 300_000}`;
    expect(sum("interval_usage", where)).toBe(bytesUpTo(closed, interval));
    expect(sum("address_interval_usage", where)).toBe(bytesUpTo(closed, interval));
  }
}

/** Each part of a window says that it observed a minute. */
function expectObserved(stateDir: string): void {
  const rows = ledgerRows(stateDir, "SELECT start_ms / 60000 AS number, observed_ms / 60000 AS parts FROM window");
  expect(rows.filter(({ number, parts }) => Number(parts) !== (isHeldFirst(Number(number)) ? 2 : 1))).toEqual([]);
}

/** Every window after `from` up to `closed` has all its samples in the outbox, once, with the totals as of then. */
function expectSampled(samples: readonly Sample[], from: number, closed: number): void {
  for (let number = from + 1; number <= closed; number++) {
    const own = samples.filter(({ timeMs }) => timeMs === (number + 1) * 60_000 - 1);
    const bytes = own.filter(({ name, labels }) => name === "acct_bytes_total" && labels["direction"] === "in");
    expect(new Set(bytes.map(({ series }) => series)).size).toBe(HOSTS);
    expect(bytes.reduce((sum, { value }) => sum + BigInt(value), 0n)).toBe(bytesUpTo(number));
    expect(own.filter(({ name }) => name === "acct_window_completeness_ratio")).toHaveLength(1);
  }
  const newest = Math.max(0, ...samples.filter(({ name }) => name === "acct_bytes_total").map(({ timeMs }) => timeMs));
  expect(newest).toBeLessThan((closed + 1) * 60_000);
}

describe("a ledger whose process is killed", () => {
  it(`has each window wholly or not at all, over ${ROUNDS} kills at random moments`, async () => {
    await using folder = await tempFolder();
    let sampled = FIRST - 1;
    for (let round = 0; round < ROUNDS; round++) {
      await crash(folder.path, sampled + 1, "capture");
      using ledger = new Ledger(crashOptions(folder.path));
      const windows = windowsOf(folder.path);
      expectWhole(folder.path, windows);
      expectSampled(takeSamples(ledger), sampled, windows.closed);
      sampled = windows.held ?? windows.closed;
      ledger.settle({ endedByMs: (sampled + 1) * 60_000 });
      const settled = { closed: sampled, held: null };
      expectWhole(folder.path, settled);
      expectSampled(takeSamples(ledger), windows.closed, sampled);
    }
    expect(sampled).toBeGreaterThan(ROUNDS);
    expect(ledgerRows(folder.path, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  });

  it(`has each window once that a kernel map offers again from the first on, over ${ROUNDS} kills`, async () => {
    await using folder = await tempFolder();
    for (let round = 0; round < ROUNDS; round++) {
      await crash(folder.path, FIRST, "kernel");
      expectWhole(folder.path, windowsOf(folder.path));
    }
    using ledger = new Ledger(crashOptions(folder.path));
    const { closed } = windowsOf(folder.path);
    const last = closed + 1;
    for (let number = FIRST; number <= closed; number++) {
      expect(offer(ledger, number, "kernel").every(({ alreadyThere }) => alreadyThere)).toBe(true);
    }
    offer(ledger, last, "kernel");
    expect(last).toBeGreaterThan(ROUNDS);
    expectWhole(folder.path, { closed: last, held: null });
    expectObserved(folder.path);
    const samples = takeSamples(ledger);
    expectSampled(samples, FIRST - 1, last);
    expect(new Set(samples.map(({ series, timeMs }) => `${series} ${timeMs}`)).size).toBe(samples.length);
  });
});

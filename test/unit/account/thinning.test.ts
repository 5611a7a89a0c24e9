// A backlog from which everything was dropped that may be thinned out says the same at the end of each billing interval.

import { join } from "node:path";
import Sqlite from "better-sqlite3";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LEDGER_FILE } from "../../../src/buffer/database.ts";
import { OutboxTrim } from "../../../src/buffer/outbox-trim.ts";
import { BILLING_INTERVAL_MS } from "../../../src/model/time.ts";
import { networkOf, type Sample, takeSamples } from "../../support/ledger-options.ts";
import { type Accounting, accounting, at, bytesIn, EPOCH_MS, valuesOf } from "./accounting.ts";
import { changingHistory, type Step } from "./histories.ts";
import { play } from "./play.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const COUNTERS: ReadonlySet<string> = new Set(["acct_bytes_total", "acct_packets_total"]);

/** Drops all that may be thinned; returns the samples that this took. */
function thinAll({ stateDir }: Accounting): number {
  const database = new Sqlite(join(stateDir, LEDGER_FILE));
  const trim = new OutboxTrim(database);
  let thinned = 0;
  for (let samples = trim.thinOne(); samples !== null; samples = trim.thinOne()) thinned += samples;
  database.close();
  return thinned;
}

function bySeries(samples: readonly Sample[]): Map<string, Sample[]> {
  const found = new Map<string, Sample[]>();
  for (const sample of samples.filter(({ name }) => COUNTERS.has(name))) {
    const series = found.get(sample.series) ?? [];
    found.set(sample.series, [...series, sample]);
  }
  return found;
}

/** What each series says at the end of each billing interval, where it changes, and how it begins. */
function atIntervalEnds(samples: readonly Sample[]): Map<string, string[]> {
  const seen = new Map<string, string[]>();
  for (const [key, series] of bySeries(samples)) {
    const [first] = series;
    const last = new Map<number, number>();
    for (const { timeMs, value } of series) last.set(Math.ceil((timeMs + 1) / BILLING_INTERVAL_MS), value);
    const values = [...last].map(([interval, value]) => `${interval}: ${value}`);
    seen.set(key, [`begins at ${first?.timeMs} with ${first?.value}`, ...values.filter(isChange)]);
  }
  return seen;
}

function isChange(line: string, index: number, all: readonly string[]): boolean {
  return line.split(": ")[1] !== all[index - 1]?.split(": ")[1];
}

async function played(history: readonly Step[], idleMs: number, thins: boolean) {
  await using account = await accounting();
  let thinned = 0;
  const collect = (): readonly Sample[] => {
    if (thins) thinned += thinAll(account);
    return [];
  };
  const { samples } = play(account, history, { idleMs, collect });
  return { samples, thinned };
}

describe("thinning", { timeout: 120_000 }, () => {
  it.each([60_000, 240_000, 300_000, 900_000])(
    "leaves what the end of every interval says, over any history, with an idle timeout of %i ms",
    async (idleMs) => {
      let thinnedInAll = 0;
      const property = fc.asyncProperty(changingHistory, async (history) => {
        const [whole, thin] = [await played(history, idleMs, false), await played(history, idleMs, true)];
        expect(atIntervalEnds(thin.samples)).toEqual(atIntervalEnds(whole.samples));
        expect(whole.samples.length - thin.samples.length).toBe(thin.thinned);
        const others = ({ name }: Sample): boolean => !COUNTERS.has(name) && !name.includes("completeness");
        expect(thin.samples.filter(others).length).toBe(whole.samples.filter(others).length);
        thinnedInAll += thin.thinned;
      });
      await fc.assert(property, { numRuns: 40 });
      expect(thinnedInAll).toBeGreaterThan(0);
    },
  );

  it("leaves one window of each interval, the last that was observed", async () => {
    await using account = await accounting();
    const ledger = account.open();
    for (const second of [0, 60, 120, 180, 240, 300, 360, 900]) {
      ledger.close(at(second, [{ ip: A, bytesIn: 10 }]), { live: true });
    }
    thinAll(account);
    expect(bytesIn(takeSamples(ledger), A)).toEqual([
      [0, 0],
      [300, 50],
      [420, 70],
      [960, 80],
    ]);
  });

  it("leaves the beginning of a series, the return of another, and every window that was not complete", async () => {
    await using account = await accounting();
    const ledger = account.open({ idleTimeoutMs: 300_000 });
    const quality = { observedMs: 30_000, droppedFrames: 0, interfaceFrames: 0, clockStepMs: 0 };
    ledger.close(at(0, [{ ip: A, bytesIn: 10 }]), { live: true });
    for (let second = 60; second < 900; second += 60) {
      const rows =
        second === 720
          ? [
              { ip: A, bytesIn: 5 },
              { ip: B, bytesIn: 7 },
            ]
          : [];
      ledger.close(at(second, rows, second === 660 ? { quality } : {}), { live: true });
    }
    expect(thinAll(account)).toBeGreaterThan(0);
    const samples = takeSamples(ledger);
    expect(bytesIn(samples, A)).toEqual([
      [0, 0],
      [300, 10],
      [600, 10],
      [900, 15],
    ]);
    expect(bytesIn(samples, B)).toEqual([
      [600, 0],
      [900, 7],
    ]);
    expect(valuesOf(samples, "acct_window_completeness_ratio")).toEqual([
      [300, 1],
      [600, 1],
      [720, 0.5],
      [900, 1],
    ]);
  });

  it("leaves the last window of series that a change of labels ends", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.close(at(0, [{ ip: A, bytesIn: 10 }]), { live: true });
    ledger.close(at(60, [{ ip: A, bytesIn: 10 }]), { live: true });
    ledger.configure({ ...account.options(), networks: [networkOf("acme", { labels: { site: "2" } })] });
    ledger.close(at(120, [{ ip: A, bytesIn: 10 }]), { live: true });
    ledger.close(at(180), { live: true });
    thinAll(account);
    const samples = takeSamples(ledger);
    expect(bytesIn(samples, A, { site: "2" }).at(-1)).toEqual([240, 30]);
    expect(bytesIn(samples, A).slice(0, 2)).toEqual([
      [0, 0],
      [120, 20],
    ]);
  });

  it("leaves the same to an endpoint that has a part of it already", async () => {
    await using account = await accounting();
    const ledger = account.open({ endpoints: ["central", "second"] });
    for (let second = 0; second < 600; second += 60) ledger.close(at(second, [{ ip: A, bytesIn: 10 }]), { live: true });
    for (let taken = 0; taken < 3; taken++) ledger.accepted("central", ledger.next("central")?.id ?? 0);
    thinAll(account);
    const [second, central] = [bytesIn(takeSamples(ledger, "second"), A), bytesIn(takeSamples(ledger), A)];
    expect(second).toEqual([
      [0, 0],
      [300, 50],
      [600, 100],
    ]);
    expect(central).toEqual(second.slice(1));
    expect(EPOCH_MS % BILLING_INTERVAL_MS).toBe(0);
  });
});

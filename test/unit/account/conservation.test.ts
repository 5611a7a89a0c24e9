// Whatever an agent goes through: bytes in = bytes in the ledger = bytes that the pushed series show.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { addressFromBytes, formatAddress } from "../../../src/model/address.ts";
import { ledgerRows, type Sample } from "../../support/ledger-options.ts";
import { type Accounting, accounting } from "./accounting.ts";
import { changingHistory, steadyHistory, type Step } from "./histories.ts";
import { play, type Played } from "./play.ts";

const RUNS = 50;

const isCounter = ({ name }: Sample): boolean => name === "acct_bytes_total" || name === "acct_packets_total";

function groupBy<K>(samples: readonly Sample[], keyOf: (sample: Sample) => K): ReadonlyMap<K, readonly Sample[]> {
  const groups = new Map<K, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(keyOf(sample));
    if (group) group.push(sample);
    else groups.set(keyOf(sample), [sample]);
  }
  return groups;
}

const bySeries = (samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> =>
  groupBy(samples, ({ series }) => series);

function ledgerByInterval(account: Accounting): Map<string, bigint> {
  const sql = `SELECT n.name AS network, i.name AS interface, u.start_ms, u.bytes_in + u.bytes_out AS bytes
    FROM interval_usage u JOIN network n ON n.id = u.network_id JOIN interface i ON i.id = u.interface_id`;
  const rows = ledgerRows(account.stateDir, sql);
  return new Map(
    rows.map((row) => [
      `${String(row["network"])} ${String(row["interface"])} ${String(row["start_ms"])}`,
      BigInt(String(row["bytes"])),
    ]),
  );
}

function ledgerByAddress(account: Accounting): Map<string, bigint> {
  const sql = `SELECT n.name AS network, i.name AS interface, a.address, a.bytes_in + a.bytes_out AS bytes
    FROM address a JOIN network n ON n.id = a.network_id JOIN interface i ON i.id = a.interface_id`;
  return new Map(
    ledgerRows(account.stateDir, sql).map(({ network, interface: name, address, bytes }) => {
      const ip = Buffer.isBuffer(address) ? formatAddress(addressFromBytes(address)) : "?";
      return [`${String(name)} ${String(network)} ${ip}`, BigInt(String(bytes))];
    }),
  );
}

/** What the series of each address grew by from their first samples to their last, in the model's terms. */
function shownByAddress(samples: readonly Sample[]): Map<string, bigint> {
  const shown = new Map<string, bigint>();
  for (const series of bySeries(samples.filter(({ name }) => name === "acct_bytes_total")).values()) {
    const [first, last] = [series[0], series.at(-1)];
    if (!first || !last) continue;
    const { interface: name, network, ip } = first.labels;
    const key = `${name} ${network} ${ip}`;
    shown.set(key, (shown.get(key) ?? 0n) + BigInt(last.value) - BigInt(first.value));
  }
  return shown;
}

function expectSound(samples: readonly Sample[]): void {
  const problems: string[] = [];
  for (const [series, all] of bySeries(samples)) {
    if (new Set(all.map(({ timeMs }) => timeMs)).size < all.length) problems.push(`two samples at one time: ${series}`);
    if (new Set(all.map(({ requestId }) => requestId)).size < all.length)
      problems.push(`twice in a request: ${series}`);
    for (const [index, sample] of all.slice(1).entries()) {
      const before = all[index];
      if (!before || !isCounter(sample)) continue;
      if (sample.timeMs <= before.timeMs) problems.push(`back in time: ${series}`);
      if (sample.value < before.value) problems.push(`a counter that falls: ${series}`);
    }
  }
  for (const [id, all] of groupBy(samples, ({ requestId }) => requestId)) {
    if (all.length > 2_000) problems.push(`request ${id} has ${all.length} samples`);
  }
  expect(problems).toEqual([]);
}

function expectLedgerExact({ byInterval, byAddress }: Played, account: Accounting): void {
  expect(ledgerByInterval(account)).toEqual(byInterval);
  expect(ledgerByAddress(account)).toEqual(byAddress);
  expect(ledgerRows(account.stateDir, "SELECT * FROM held_usage")).toEqual([]);
}

/** With what was reported late the gauges hold every byte. */
function expectGaugesExact({ samples, byInterval, lateBytes }: Played): void {
  const gauges = samples.filter(({ name }) => name === "acct_interval_bytes");
  const shown = gauges.reduce((sum, { value }) => sum + BigInt(value), 0n);
  const counted = [...byInterval.values()].reduce((sum, bytes) => sum + bytes, 0n);
  expect(shown + BigInt(lateBytes)).toBe(counted);
  // Two directions; a network that is configured when an interval is pushed already has none in it.
  expect(gauges.length).toBeLessThanOrEqual(2 * byInterval.size);
}

/** Plays random histories, each on a ledger of its own. */
async function overAll(
  histories: fc.Arbitrary<readonly Step[]>,
  check: (outcome: Played, account: Accounting) => void,
): Promise<void> {
  const property = fc.asyncProperty(histories, async (history) => {
    await using account = await accounting();
    check(play(account, history), account);
  });
  await fc.assert(property, { numRuns: RUNS });
}

describe("over any history", { timeout: 60_000 }, () => {
  it("the ledger and the gauges have every byte once, and series that keep their names show every byte", async () => {
    expect.hasAssertions();
    await overAll(steadyHistory, (outcome, account) => {
      expectLedgerExact(outcome, account);
      expectGaugesExact(outcome);
      expectSound(outcome.samples);
      expect(shownByAddress(outcome.samples)).toEqual(outcome.byAddress);
      const gauges = outcome.samples.filter(({ name }) => name === "acct_interval_bytes");
      expect(gauges).toHaveLength(2 * outcome.byInterval.size);
    });
  });

  it("series that change their names are as exact, have no two values at one time and never fall", async () => {
    expect.hasAssertions();
    await overAll(changingHistory, (outcome, account) => {
      expectLedgerExact(outcome, account);
      expectGaugesExact(outcome);
      expectSound(outcome.samples);
    });
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Bill } from "../../../src/billing/bill.ts";
import { billsJsonText } from "../../../src/billing/bill-json.ts";
import { billPeriod, usageSelection } from "../../../src/billing/bill-period.ts";
import { computeBill } from "../../../src/billing/compute-bill.ts";
import { intervalsSha256 } from "../../../src/billing/interval-digest.ts";
import type { IntervalSeries, UsageSelection, UsageSource } from "../../../src/billing/interval-series.ts";
import { statedBills, type Verdict, verifyBill } from "../../../src/billing/verify.ts";
import type { Contract } from "../../../src/model/contract.ts";
import { contractOf, INTERVAL_MS, periodOf, seriesOf } from "./billing-fixture.ts";

const START_MS = periodOf().startMs;

type Range = Pick<UsageSelection, "startMs" | "endMs">;

function sourceOf(all: readonly IntervalSeries[]): UsageSource {
  return {
    networks: async () => [],
    usage: async (selection) => ({
      series: all.map((one) => within(one, selection)).filter(({ startsMs }) => startsMs.length > 0),
      completeness: 1,
    }),
  };
}

function within(series: IntervalSeries, { startMs, endMs }: Range): IntervalSeries {
  const isInside = (_: number, index: number): boolean => {
    const at = series.startsMs[index] ?? 0;
    return at >= startMs && at < endMs;
  };
  const { startsMs, bytesIn, bytesOut } = series;
  const columns = {
    startsMs: startsMs.filter(isInside),
    bytesIn: bytesIn.filter(isInside),
    bytesOut: bytesOut.filter(isInside),
  };
  return { ...series, ...columns };
}

/** The bill as report makes it at `nowMs`, of intervals that start before `knownMs`. */
async function reported(all: readonly IntervalSeries[], contract: Contract, nowMs: number, knownMs = nowMs) {
  const period = billPeriod(contract, "2026-10", nowMs);
  if (period === null) return null;
  const known = all.map((one) => within(one, { startMs: 0, endMs: knownMs }));
  const usage = await sourceOf(known).usage(usageSelection(contract, period));
  const isFinal = period.isOver;
  const { bill } = computeBill({ contract, period, usage });
  return { ...bill, intervalsSha256: isFinal ? intervalsSha256(usage.series) : null } satisfies Bill;
}

async function verdictOf(
  text: string,
  all: readonly IntervalSeries[],
  erasedBeforeMs: number | null = null,
): Promise<Verdict[]> {
  const stated = statedBills(text);
  if (!stated.ok) throw new Error(stated.problem);
  return await Promise.all(stated.value.map((one) => verifyBill(one, { source: sourceOf(all), erasedBeforeMs })));
}

const SERIES = [
  seriesOf(
    START_MS,
    Array.from({ length: 8_928 }, (_, index) => (index * 7_919) % 100_003),
  ),
];

async function finalText(): Promise<string> {
  const bill = await reported(SERIES, contractOf(), Date.UTC(2036, 0, 1));
  if (bill === null) throw new Error("no bill");
  return billsJsonText([{ ...bill, status: "final", version: 1 }]);
}

describe("verifying a bill", () => {
  it("finds a final bill equal, and names every figure that was changed", async () => {
    const text = await finalText();
    expect(await verdictOf(text, SERIES)).toEqual([{ kind: "equal" }]);
    const forged = text.replace(/"rank": \d+/, '"rank": 448').replace(/"total_bytes_out": \d+/, '"total_bytes_out": 1');
    expect(await verdictOf(forged, SERIES)).toEqual([
      {
        kind: "different",
        differences: [
          { key: "rank", was: "448", is: "447" },
          { key: "total_bytes_out", was: "1", is: "0" },
        ],
      },
    ]);
  });

  it("sees by the digest that intervals are others, though the figures are the same", async () => {
    const moved = SERIES.map((one) => ({ ...one, interface: "eth9" }));
    const [verdict] = await verdictOf(await finalText(), moved);
    expect(verdict).toMatchObject({ kind: "different", differences: [{ key: "intervals_sha256" }] });
  });

  it("finds every provisional bill equal, whatever was on its way when it was made", async () => {
    const values = fc.array(fc.option(fc.nat(1_000_000), { freq: 3 }), { minLength: 1, maxLength: 30 });
    const changes = fc.constantFrom<Partial<Contract>>(
      {},
      { gaps: "exclude", commitBps: 1_000_000 },
      { ends: "2026-10-01" },
      { ends: "2026-10-01", partialMonths: "own_period" },
      { starts: "2026-10-01", aggregation: "sum_of_percentiles" },
    );
    const scenario = fc.record({
      start: fc.constantFrom(0, 280),
      values,
      changes,
      elapsed: fc.nat(40),
      late: fc.nat(4),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ start, values: bytes, changes: terms, elapsed, late }) => {
        const series = [seriesOf(START_MS + start * INTERVAL_MS, bytes)] as const;
        const nowMs = START_MS + (start + elapsed) * INTERVAL_MS + 17_000;
        const bill = await reported(series, contractOf(terms), nowMs, nowMs - late * INTERVAL_MS);
        // What came later than two intervals has changed the bill itself.
        const lateFromMs = nowMs - late * INTERVAL_MS;
        fc.pre(bill !== null && !series[0].startsMs.some((at) => at >= lateFromMs && at < bill.toMs));
        expect(await verdictOf(billsJsonText([bill]), series)).toEqual([{ kind: "equal" }]);
      }),
      { numRuns: 500 },
    );
  });

  it("says that intervals are gone, where the ledger erased them and where there is nothing", async () => {
    const text = await finalText();
    const rest = SERIES.map((one) => within(one, { startMs: START_MS + 86_400_000, endMs: Infinity }));
    expect(await verdictOf(text, rest, START_MS + 86_400_000)).toEqual([
      { kind: "gone", erasedBeforeMs: START_MS + 86_400_000 },
    ]);
    expect(await verdictOf(text, [])).toEqual([{ kind: "gone", erasedBeforeMs: null }]);
    expect(await verdictOf(text, SERIES, START_MS)).toEqual([{ kind: "equal" }]);
    expect((await verdictOf(text, rest, START_MS)).map(({ kind }) => kind)).toEqual(["different"]);
  });

  it("has an answer for a bill of no month of its contract", async () => {
    const text = (await finalText()).replace('"ends": null', '"ends": "2026-01-31"');
    expect((await verdictOf(text, SERIES)).map(({ kind }) => kind)).toEqual(["different"]);
  });
});

describe("a file of bills", () => {
  it.each([
    ["", "is no JSON"],
    ["5", 'is not {"bills"'],
    ['{"bills": {}}', 'is not {"bills"'],
    ['{"bills": [null]}', "bills[0]: "],
    ['{"bills": [{"contract": {"customer": "a"}}]}', "bills[0]: contract."],
  ])("is unusable as %s", (text, problem) => {
    expect(statedBills(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  it("may have no bill, and numbers beyond 2^53", async () => {
    expect(statedBills('{"bills": []}')).toEqual({ ok: true, value: [] });
    const text = (await finalText()).replace(/"total_bytes_in": \d+/, '"total_bytes_in": 9007199254740993');
    const stated = statedBills(text);
    expect(stated.ok && stated.value[0]?.bill.totalBytesIn).toBe(9_007_199_254_740_993n);
  });
});

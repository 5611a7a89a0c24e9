import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Bill } from "../../../src/billing/bill.ts";
import { billFromJson } from "../../../src/billing/bill-from-json.ts";
import { billJson } from "../../../src/billing/bill-json.ts";
import { contractJson } from "../../../src/billing/contract-json.ts";
import { billKeys } from "../../../src/billing/bill-keys.ts";
import { parseExactJson } from "../../../src/billing/exact-json.ts";
import { exactJsonText } from "../../../src/billing/exact-json-text.ts";
import { type ArchivedBill, type BillArchive, type BillKey, finalize } from "../../../src/billing/finalize.ts";
import { intervalsSha256 } from "../../../src/billing/interval-digest.ts";
import type { Contract } from "../../../src/model/contract.ts";
import { billed, contractOf, periodOf, seriesOf, times } from "./billing-fixture.ts";

const KEY: BillKey = { customer: "acmecorp", name: null, period: "2026-10", part: 1 };

/** `before` is called between the look at the archive and the write into it, as another program would act. */
function memoryArchive(before: (bills: ArchivedBill[]) => void = () => undefined) {
  const bills: ArchivedBill[] = [];
  const archive: BillArchive = {
    latest: () => bills.at(-1) ?? null,
    add: (bill) => {
      before(bills);
      if (bill.version !== bills.length + 1) return false;
      bills.push(bill);
      return true;
    },
  };
  return { bills, archive };
}

function computedOf(bytes: number, changes: Partial<Contract> = {}) {
  const series = [seriesOf(periodOf().startMs, times(8_928, bytes))];
  return { bill: billed(series, changes).bill, intervalsSha256: intervalsSha256(series) };
}

describe("a bill that becomes final", () => {
  it("is stored as version 1, with the digest of its intervals and its contract", () => {
    const { bills, archive } = memoryArchive();
    const computed = computedOf(5);
    expect(finalize(computed, { archive, key: KEY, correct: false, nowMs: 7 })).toMatchObject({
      kind: "stored",
      final: { bill: { status: "final", version: 1, corrects: null, intervalsSha256: computed.intervalsSha256 } },
    });
    expect(bills).toMatchObject([{ ...KEY, version: 1, createdMs: 7, intervalsSha256: computed.intervalsSha256 }]);
    expect(JSON.parse(bills[0]?.json ?? "")).toMatchObject({
      status: "final",
      version: 1,
      corrects: null,
      intervals_sha256: computed.intervalsSha256,
      contract: { customer: "acmecorp", percentile: 95 },
    });
  });

  it("stays as it is when nothing has changed", () => {
    const { bills, archive } = memoryArchive();
    for (const correct of [false, false, true]) finalize(computedOf(5), { archive, key: KEY, correct, nowMs: 7 });
    expect(finalize(computedOf(5), { archive, key: KEY, correct: true, nowMs: 8 }).kind).toBe("unchanged");
    expect(bills).toHaveLength(1);
  });

  it.each([
    ["figures", 6, {}, "billable_bytes"],
    ["the contract alone", 5, { starts: "2026-01-01" }, "contract.starts"],
  ] as const)("stays when %s would be different today, until a correction is asked for", (_, bytes, changes, key) => {
    const { bills, archive } = memoryArchive();
    finalize(computedOf(5), { archive, key: KEY, correct: false, nowMs: 7 });
    const [before] = bills;
    const differs = finalize(computedOf(bytes, changes), { archive, key: KEY, correct: false, nowMs: 8 });
    expect(differs).toMatchObject({ kind: "differs", final: { bill: { version: 1 } } });
    expect(differs.kind === "differs" && differs.differences.map((one) => one.key)).toContain(key);
    expect(bills).toHaveLength(1);
    const corrected = finalize(computedOf(bytes, changes), { archive, key: KEY, correct: true, nowMs: 9 });
    expect(corrected).toMatchObject({
      kind: "stored",
      final: { bill: { status: "corrected", version: 2, corrects: 1 } },
    });
    expect(bills[0]).toBe(before);
    expect(finalize(computedOf(bytes, changes), { archive, key: KEY, correct: true, nowMs: 9 }).kind).toBe("unchanged");
  });

  it("differs where other intervals give the same figures", () => {
    const { archive } = memoryArchive();
    const computed = computedOf(5);
    finalize(computed, { archive, key: KEY, correct: false, nowMs: 7 });
    const outcome = finalize(
      { ...computed, intervalsSha256: "f".repeat(64) },
      { archive, key: KEY, correct: false, nowMs: 8 },
    );
    expect(outcome).toMatchObject({ kind: "differs", differences: [{ key: "intervals_sha256" }] });
  });

  it("is the one that another program stores at the same moment", () => {
    let isFirst = true;
    const { bills, archive } = memoryArchive((all) => {
      if (!isFirst) return;
      isFirst = false;
      finalize(computedOf(5), { archive, key: KEY, correct: false, nowMs: 1 });
      expect(all).toHaveLength(1);
    });
    expect(finalize(computedOf(5), { archive, key: KEY, correct: false, nowMs: 2 }).kind).toBe("unchanged");
    expect(bills.map(({ createdMs }) => createdMs)).toEqual([1]);
  });
});

describe("the key of a bill", () => {
  it("numbers contracts of one customer and name in a month by their start", () => {
    const early = contractOf({ ends: "2026-10-14" });
    const late = contractOf({ starts: "2026-10-15" });
    const named = contractOf({ name: "transit" });
    const over = contractOf({ ends: "2026-09-30" });
    const keys = billKeys([late, over, named, early], "2026-10");
    expect([early, late, named, over].map((contract) => keys.get(contract)?.part)).toEqual([1, 2, 1, undefined]);
    expect(keys.get(named)).toEqual({ customer: "acmecorp", name: "transit", period: "2026-10", part: 1 });
  });
});

describe("a bill read back from its JSON", () => {
  const bytes = fc.maxSafeNat().map((value) => Math.floor(value / 20_000));
  const prices = fc.constantFrom<Contract["price"]>(
    null,
    { currency: "KWD", pricing: { kind: "flat", pricePerMbps: "2.5", baseFee: "0" } },
    { currency: "JPY", pricing: { kind: "volume", tiers: [{ aboveBps: 0, pricePerMbps: "3" }], baseFee: "1.25" } },
  );
  const changes = fc.record({
    customer: fc.string({ unit: "grapheme", minLength: 1 }),
    name: fc.option(fc.string({ minLength: 1 })),
    price: prices,
    commitBps: fc.option(fc.constantFrom(0, 1_500_000, 10_000_000_000)),
    rounding: fc.constantFrom(null, { stepBps: 1_000_000, mode: "up" } as const),
    gaps: fc.constantFrom("zero" as const, "exclude" as const),
  });
  const now = fc.constantFrom("2026-10-01T01:00Z", "2036-01-01T00:00Z");

  it("is the bill, and gives the same JSON to the byte", () => {
    fc.assert(
      fc.property(
        changes,
        fc.array(fc.option(bytes), { maxLength: 12 }),
        now,
        ({ customer, ...terms }, values, nowText) => {
          const contract = { ...terms, customer, selector: { customer } };
          const period = periodOf(contract, "2026-10", nowText);
          const bill: Bill = {
            ...billed([seriesOf(period.startMs, values)], contract, period).bill,
            version: 3,
            corrects: 2,
          };
          const text = exactJsonText(billJson(bill));
          const read = billFromJson(parseExactJson(text));
          expect(read).toEqual({ ok: true, value: bill });
          expect(exactJsonText(parseExactJson(text))).toBe(text);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is refused with the key that is wrong", () => {
    const json = billJson(computedOf(5).bill);
    expect(billFromJson({ ...json, rank: "447" })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^rank: /),
    });
    const contract = { ...contractJson(contractOf()), percentile: 0 };
    expect(billFromJson({ ...json, contract })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^contract\.percentile: /),
    });
    expect(billFromJson(5).ok).toBe(false);
  });
});

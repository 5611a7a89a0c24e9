import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { billFileName, type NamedBill } from "../../../src/billing/close-file-name.ts";

const BILL: NamedBill = { customer: "acmecorp", name: null, period: "2026-10", part: 1, version: 1 };

describe("the file name of a bill", () => {
  it("says what the bill is about", () => {
    expect(billFileName(BILL)).toBe("2026-10_acmecorp_v1");
    expect(billFileName({ ...BILL, name: "transit", version: 2 })).toBe("2026-10_acmecorp_transit_v2");
    expect(billFileName({ ...BILL, part: 2 })).toBe("2026-10_acmecorp~2_v1");
    expect(billFileName({ ...BILL, customer: "ACME & Söhne/../x" })).toMatch(
      /^2026-10_ACME-S-hne-\.\.-x~[0-9a-f]{16}_v1$/,
    );
  });

  it("is one plain name of bounded length, of this bill alone", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.constantFrom("..", "../a", "a_b", "a", "b", "a~2", "v1", "2", "\n", "-rf", "x".repeat(300), "x".repeat(301)),
    );
    const bill = fc.record<NamedBill>({
      customer: text,
      name: fc.option(text),
      period: fc.constant("2026-10"),
      part: fc.constantFrom(1, 2),
      version: fc.constantFrom(1, 2),
    });
    fc.assert(
      fc.property(bill, bill, (a, b) => {
        const [nameA, nameB] = [billFileName(a), billFileName(b)];
        expect(nameA).toMatch(/^2026-10_[A-Za-z0-9._~-]{1,190}$/);
        expect(nameA === nameB).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });
});

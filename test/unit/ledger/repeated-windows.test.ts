// Whatever sources offer again, in whatever order and through restarts: the ledger is as if they had offered it once.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ledgerContent } from "../../support/ledger-options.ts";
import { accounting, at, EPOCH_MS } from "../account/accounting.ts";

interface Offer {
  readonly kind: "offer";
  readonly interface: number;
  /** Which of the interface's sources. */
  readonly source: number;
  readonly window: number;
  readonly how: "close" | "hold";
  readonly bytes: number;
}

type Step = Offer | { readonly kind: "settle"; readonly window: number } | { readonly kind: "restart" };

const HOSTS = 3;
const offer = fc.record({
  kind: fc.constant("offer"),
  interface: fc.nat(1),
  source: fc.nat(2),
  window: fc.nat(11),
  how: fc.constantFrom("close", "close", "hold"),
  bytes: fc.nat(1_000),
});
const settle = fc.record({ kind: fc.constant("settle"), window: fc.nat(11) });
const restart = fc.record({ kind: fc.constant("restart") });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 10, arbitrary: offer }, { weight: 1, arbitrary: settle }, { weight: 1, arbitrary: restart }),
  { minLength: 5, maxLength: 40 },
);

const sourceOf = (step: Offer): string => `eth${step.interface} ${step.source}`;
const keyOf = (step: Offer): string => `${sourceOf(step)} ${step.window}`;

/** The steps without offers of what the same source has offered before. */
function withoutRepeats(history: readonly Step[]): readonly Step[] {
  const seen = new Set<string>();
  return history.filter((step) => {
    if (step.kind !== "offer") return true;
    const isNew = !seen.has(keyOf(step));
    seen.add(keyOf(step));
    return isNew;
  });
}

/** Plays `history` on a ledger of its own. Returns what that holds then, and how many offers it had already. */
async function outcomeOf(history: readonly Step[]) {
  await using account = await accounting();
  let ledger = account.open();
  let repeats = 0;
  for (const step of history) {
    if (step.kind === "restart") ledger = account.open();
    else if (step.kind === "settle") ledger.settle({ endedByMs: EPOCH_MS + step.window * 60_000 });
    else {
      const rows = [{ ip: `192.0.2.${(step.bytes % HOSTS) + 1}`, bytesIn: step.bytes }];
      const window = at(step.window * 60, rows, { interface: `eth${step.interface}`, source: sourceOf(step) });
      const result = step.how === "close" ? ledger.close(window, { live: true }) : ledger.hold(window);
      if (result.alreadyThere) repeats++;
    }
  }
  return { content: ledgerContent(account.stateDir), repeats };
}

describe("over any history of offers", { timeout: 60_000 }, () => {
  it("the ledger, the outbox in it, is the same as without those that repeat another", async () => {
    expect.hasAssertions();
    let repeats = 0;
    const property = fc.asyncProperty(steps, async (history) => {
      const once = withoutRepeats(history);
      const repeated = await outcomeOf(history);
      const expected = await outcomeOf(once);
      expect(repeated.content).toEqual(expected.content);
      expect([repeated.repeats, expected.repeats]).toEqual([history.length - once.length, 0]);
      repeats += repeated.repeats;
    });
    await fc.assert(property, { numRuns: 100 });
    expect(repeats).toBeGreaterThan(50);
  });
});

// A receiver with every fault, and an agent that is killed meanwhile: nothing is lost, nothing counts twice, and the
// other receiver does not wait. The short run of `npm run soak -- --chaos`.

import { it } from "vitest";
import { chaosRun } from "../support/chaos-run.ts";
import { Edge } from "../support/edge.ts";
import { Receiver } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { testSeed } from "../support/seeded-random.ts";

const RUN_MS = 40_000;
/** Shorter, since it ends with an outage of four windows. */
const BATCHED_RUN_MS = 30_000;
const TIMEOUT_MS = 200_000;

async function seededRun(prefix: string, kind: { readonly poison: boolean; readonly batched: boolean }) {
  const seed = testSeed();
  const repeat = `ACCT_AGENT_TEST_SEED=${seed}`;
  await using chaos = await Receiver.start();
  await using steady = await Receiver.start();
  await using edge = await Edge.create(prefix);
  const limits = { forMs: kind.batched ? BATCHED_RUN_MS : RUN_MS, maxFaultMs: 4_000, maxPauseMs: 4_000, holds: false };
  const result = await chaosRun({ edge, chaos, steady, seed, ...kind, ...limits }).catch((error: unknown) => {
    throw new Error(`${repeat}: ${String(error)}`, { cause: error });
  });
  return { ...result, repeat };
}

liveDescribe("an agent with a receiver that has every fault, and one that has none", () => {
  it(
    "brings every sample to both exactly, kills or not, joined or not",
    { timeout: TIMEOUT_MS },
    async ({ expect }) => {
      const { repeat, ...result } = await seededRun("chaosa", { poison: false, batched: true });
      expect(result.differences, repeat).toEqual([]);
      expect(result).toMatchObject({ deadLetters: 0 });
      expect(result.kills).toBeGreaterThan(2);
      expect(result.joined, `joined requests, ${repeat}`).toBeGreaterThan(0);
      expect(result.packets).toBeGreaterThan(5_000);
      expect(Object.keys(result.hits).length, "kinds of faults").toBeGreaterThan(3);
    },
  );

  it(
    "parks exactly the samples that are refused, and delivers them later",
    { timeout: TIMEOUT_MS },
    async ({ expect }) => {
      const { repeat, ...result } = await seededRun("chaosb", { poison: true, batched: false });
      expect(result.differences, repeat).toEqual([]);
      expect(result.deadLetters).toBeGreaterThan(0);
    },
  );
});

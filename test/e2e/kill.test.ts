// An agent that is killed, whenever, loses nothing and counts nothing twice: the kernel counts on while it is dead. The
// short run of scripts/soak.ts.

import { it } from "vitest";
import { Edge } from "../support/edge.ts";
import { killRun, type KillRunOptions } from "../support/kill-run.ts";
import { Receiver } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";

const KILLS = 8;

/** A run with its seed, and the seed in front of whatever goes wrong. */
async function seededRun(prefix: string, options: Pick<KillRunOptions, "backend" | "goOn">) {
  const random = new SeededRandom(testSeed());
  const repeat = `ACCT_AGENT_TEST_SEED=${random.seed}`;
  await using receiver = await Receiver.start();
  await using edge = await Edge.create(prefix);
  const links = [edge.pair];
  const result = await killRun({ edge, receiver, links, random, maxPauseMs: 10_000, ...options }).catch(
    (error: unknown) => {
      throw new Error(`${repeat}: ${String(error)}`, { cause: error });
    },
  );
  return { ...result, repeat };
}

liveDescribe("an agent under traffic", () => {
  it(`has every window to the byte after ${KILLS} kills, in its ledger and at its receiver`, async ({ expect }) => {
    const { repeat, ...result } = await seededRun("killa", { backend: "ebpf", goOn: (kills) => kills < KILLS });
    expect(result.differences, repeat).toEqual([]);
    expect(result).toMatchObject({ kills: KILLS });
    expect(result.packets).toBeGreaterThan(10_000);
  });

  it("has every window to the byte while nobody kills it, whichever way it captures", async ({ expect }) => {
    const { repeat, ...result } = await seededRun("killb", { backend: "pcap", goOn: () => false });
    expect(result.differences, repeat).toEqual([]);
    expect(result.packets).toBeGreaterThan(5_000);
  });
});

// Samples that a receiver refuses, beside an agent that goes on pushing to it: an operator lists, sends again and drops
// them, and a Prometheus before 2.50, which says 500 to what is too old, stops nothing for longer than half a minute.

import { describe, type ExpectStatic, it } from "vitest";

import { AccountedEdge } from "../support/accounted-edge.ts";
import type { AgentProcess, CommandResult } from "../support/agent-process.ts";
import type { Burst } from "../support/burst.ts";
import { WINDOW_MS, windowNow } from "../support/edge.ts";
import { newestTime } from "../support/pushed.ts";
import { type Answer, type ReceivedSample, Receiver, refusing } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const NETWORK = { name: "acme", prefixes: ["10.1.0.0/24"] };
const POISONED = "10.1.0.66";
/** As Prometheus says it. */
const TOO_OLD: Answer = { status: 500, body: "too old sample\n" };
const PERSISTENT_MS = 30_000;
/** Commits of 800 samples and more, so that commands and agent meet in the ledger. */
const BURSTS: readonly Burst[] = [
  {
    from: "peer",
    source: "198.51.100.7",
    destination: "10.1.0.1",
    vary: "destination",
    hosts: 200,
    ipBytes: 100,
    rate: 800,
  },
];

interface Letter {
  readonly series: string;
  readonly value: string;
  readonly timestamp_ms: number;
  readonly code: number;
  readonly words: string;
}

const isOf = (ip: string, { series }: ReceivedSample): boolean => series.includes(`ip="${ip}"`);

function lettersOf({ stdout }: CommandResult): readonly Letter[] {
  const { dead_letters }: { dead_letters: readonly Letter[] } = JSON.parse(stdout);
  return dead_letters;
}

async function letterCount(agent: AgentProcess): Promise<number> {
  const { endpoints }: { endpoints: readonly { dead_letters: number }[] } = JSON.parse(
    (await agent.get("/api/status")).body,
  );
  return endpoints[0]?.dead_letters ?? Number.NaN;
}

/** The value of a metric of the endpoint; NaN where there is none. */
async function metric(agent: AgentProcess, name: string, labels = ""): Promise<number> {
  const { body } = await agent.get("/metrics");
  return Number(new RegExp(`^${name}\\{endpoint="central"${labels}\\} (.*)$`, "m").exec(body)?.[1]);
}

/** Nobody was kept from the ledger, nothing was stored twice with another value, and the agent ends well. */
async function expectWell(expect: ExpectStatic, agent: AgentProcess, receiver: Receiver): Promise<void> {
  expect(receiver.errors).toEqual([]);
  expect(await agent.stop()).toMatchObject({ code: 0 });
  expect(agent.log.filter(({ level }) => level === "error")).toEqual([]);
  expect(agent.output.filter((line) => /\block|busy/i.test(line))).toEqual([]);
}

/** The ends of the windows of which the receiver has an address' bytes in; without the total before them. */
function windowsOf(receiver: Receiver, ip: string): number[] {
  const isBytesIn = (series: string): boolean =>
    /^acct_bytes_total\{.*direction="in"/.test(series) && series.includes(`ip="${ip}"`);
  const times = [...receiver.samples]
    .filter(([series]) => isBytesIn(series))
    .flatMap(([, values]) => [...values.keys()]);
  return times.toSorted((a, b) => a - b).slice(1);
}

function steps(times: readonly number[]): number[] {
  return times.slice(1).map((timeMs, index) => timeMs - (times[index] ?? 0));
}

liveDescribe("an agent whose receiver refuses samples", () => {
  describe.concurrent("and goes on", () => {
    it("while an operator lists, sends again and drops them", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await AccountedEdge.create("dlla");
      await edge.configure({ network: [NETWORK] }, [{ name: "central", url: receiver.url }]);
      const poison = refusing((sample) => isOf(POISONED, sample), { status: 400, body: "out of bounds" });
      receiver.rule = poison;
      const agent = await edge.start();
      const sending = await edge.send(BURSTS);
      const command = (...args: readonly string[]): Promise<CommandResult> => edge.edge.command("dead-letter", ...args);
      await waitFor("dead letters of two windows", async () => (await letterCount(agent)) >= 8);

      // Refused again, while the agent parks more.
      const [again, listed] = await Promise.all([command("retry", "--json"), command("list", "--json")]);
      expect([again.code, again.complaints, listed.code, listed.complaints]).toEqual([1, [], 0, []]);
      expect(JSON.parse(again.stdout)).toMatchObject({
        endpoints: [{ endpoint: "central", accepted: 0, error: null }],
      });
      const before = lettersOf(listed);
      expect(before.length).toBeGreaterThanOrEqual(8);
      expect(new Set(before.map(({ code, words }) => `${code} ${words}`))).toEqual(new Set(["400 out of bounds"]));
      expect(before.every(({ series }) => series.includes(POISONED))).toBe(true);

      // Accepted now, by two operators at once.
      receiver.rule = () => null;
      const retries = await Promise.all([command("retry"), command("retry"), command("list")]);
      expect(retries.map(({ code, complaints }) => [code, complaints])).toEqual([
        [0, []],
        [0, []],
        [0, []],
      ]);
      await waitFor("no dead letter", async () => (await letterCount(agent)) === 0);
      await waitFor("no dead letter in the metrics", async () => (await metric(agent, "acct_ship_dead_letters")) === 0);
      for (const { series, value, timestamp_ms } of before) {
        expect(receiver.samples.get(series)?.get(timestamp_ms)).toBe(Number(value));
      }

      receiver.rule = poison;
      await waitFor("more dead letters", async () => (await metric(agent, "acct_ship_dead_letters")) >= 4);
      receiver.rule = () => null;
      const refusedUntil = newestTime(receiver, "acct_bytes_total");
      await waitFor("a window that is accepted", () => (windowsOf(receiver, POISONED).at(-1) ?? 0) > refusedUntil);
      const dropped = await command("drop", "--json");
      expect([dropped.code, dropped.complaints]).toEqual([0, []]);
      const { endpoints }: { endpoints: { dropped: number }[] } = JSON.parse(dropped.stdout);
      expect(endpoints[0]?.dropped).toBeGreaterThanOrEqual(4);
      await waitFor("no dead letter", async () => (await letterCount(agent)) === 0);

      await sending.stop();
      // What was dropped is missing, and nothing is of anybody else.
      expect(new Set(steps(windowsOf(receiver, "10.1.0.1")))).toEqual(new Set([WINDOW_MS]));
      await expectWell(expect, agent, receiver);
    });

    it("half a minute after the first 500 for what is too old, and need not wait for each request", async ({
      expect,
    }) => {
      await using receiver = await Receiver.start();
      await using edge = await AccountedEdge.create("dllb");
      await edge.configure({ network: [NETWORK] }, [{ name: "central", url: receiver.url }]);
      const lastRefusedMs = windowNow() + 4 * WINDOW_MS - 1;
      const refuse = refusing((sample) => isOf(POISONED, sample) && sample.timestamp <= lastRefusedMs, TOO_OLD);
      const refusals: number[] = [];
      receiver.rule = (request, number) => {
        const answer = refuse(request, number);
        if (answer !== null) refusals.push(request.atMs);
        return answer;
      };
      const agent = await edge.start();
      await edge.send(BURSTS);
      await agent.waitForLog("request not accepted, retrying");
      const isPast = (): boolean => newestTime(receiver, "acct_packets_total") > lastRefusedMs + WINDOW_MS;
      const state = async (): Promise<unknown> => JSON.parse((await agent.get("/api/status")).body).endpoints[0];
      expect(await state()).toMatchObject({
        state: "retrying",
        dead_letters: 0,
        last_error: "HTTP 500: too old sample",
      });
      await waitFor("the queue to get past it", isPast, { timeoutMs: 110_000 });
      const [first = 0] = refusals;
      expect(performance.now() - first).toBeGreaterThan(PERSISTENT_MS);

      const letters = lettersOf(await edge.edge.command("dead-letter", "list", "--json"));
      expect(
        letters.every(({ series, timestamp_ms }) => series.includes(POISONED) && timestamp_ms <= lastRefusedMs),
      ).toBe(true);
      expect(new Set(letters.map(({ code }) => code))).toEqual(new Set([500]));
      expect(await metric(agent, "acct_ship_samples_rejected_total", ',code="500"')).toBe(letters.length);
      expect(new Set(steps(windowsOf(receiver, "10.1.0.1")))).toEqual(new Set([WINDOW_MS]));

      // A receiver that is upgraded takes them.
      receiver.rule = () => null;
      expect(await edge.edge.command("dead-letter", "retry")).toMatchObject({ code: 0, complaints: [] });
      expect(new Set(steps(windowsOf(receiver, POISONED)))).toEqual(new Set([WINDOW_MS]));
      await expectWell(expect, agent, receiver);
    });
  });
});

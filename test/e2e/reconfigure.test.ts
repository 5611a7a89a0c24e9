// The configuration, the program or the backend changes under traffic that never stops: no byte is lost or counted twice
// on the way from the old to the new, and what did not change is exact window by window.

import { appendFile, copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, type ExpectStatic, it } from "vitest";
import { AccountedEdge } from "../support/accounted-edge.ts";
import type { Burst } from "../support/burst.ts";
import { WINDOW_MS, windowAt, windowNow } from "../support/edge.ts";
import { type GroundTruth, type NetworkOf, usageByAddress } from "../support/ground-truth.ts";
import {
  conservationDifferences,
  type LedgerContent,
  ledgerDifferences,
  observationDifferences,
  usageDifferences,
} from "../support/ledger-differences.ts";
import { liveDescribe } from "../support/require-root.ts";

const OBJECT = fileURLToPath(new URL("../../src/capture/ebpf/program.bpf.o", import.meta.url));
const V6 = "2001:db8:1::/64";
const BEFORE = [
  { name: "acme", prefixes: ["10.1.0.0/24", V6] },
  { name: "beta", prefixes: ["10.2.0.0/24"] },
  { name: "gone", prefixes: ["10.3.0.0/24"] },
];
/** V6 moves from acme to beta, gone goes, added comes. */
const AFTER = [
  { name: "acme", prefixes: ["10.1.0.0/24"] },
  { name: "beta", prefixes: ["10.2.0.0/24", V6] },
  { name: "added", prefixes: ["10.4.0.0/24"] },
];
const BURSTS: readonly Burst[] = [
  to("10.1.0.1", { hosts: 7, ipBytes: 333 }),
  to("10.2.0.1", { hosts: 3, ipBytes: 1_001 }),
  to("10.3.0.1", { hosts: 2, ipBytes: 444 }),
  to("10.4.0.1", { hosts: 5, ipBytes: 77 }),
  to("2001:db8:1::1", { hosts: 4, ipBytes: 555, source: "2001:db8:ffff::7" }),
  to("10.1.0.1", { ipBytes: 222, source: "10.2.0.9" }),
  to("198.51.100.7", { ipBytes: 99, hosts: 4, source: "10.1.0.1", vary: "source", from: "edge" }),
];

function to(destination: string, changes: Partial<Burst>): Burst {
  const usual = { from: "peer", source: "198.51.100.7", vary: "destination", hosts: 1, rate: 400 } as const;
  return { ...usual, destination, ipBytes: 100, ...changes };
}

const networkBefore: NetworkOf = (address) => {
  if (address.startsWith("10.1.0.") || address.startsWith("2001:db8:1::")) return "acme";
  if (address.startsWith("10.2.0.")) return "beta";
  return address.startsWith("10.3.0.") ? "gone" : null;
};

const networkAfter: NetworkOf = (address) => {
  if (address.startsWith("10.1.0.")) return "acme";
  if (address.startsWith("10.2.0.") || address.startsWith("2001:db8:1::")) return "beta";
  return address.startsWith("10.4.0.") ? "added" : null;
};

/** The network of an address that both configurations account alike. */
const networkOfBoth: NetworkOf = (address) =>
  networkBefore(address) === networkAfter(address) ? networkBefore(address) : null;

/** What is true of every change of networks, whenever it took effect. */
function expectMoved(expect: ExpectStatic, edge: AccountedEdge, truth: GroundTruth, content: LedgerContent): void {
  const expected = edge.expectation(truth, networkOfBoth);
  expect(conservationDifferences(expected, content)).toEqual([]);
  expect(observationDifferences(expected, content.windows)).toEqual([]);
  const unchanged = content.usage.filter(({ address }) => networkOfBoth(address) !== null);
  expect(usageDifferences(expected, unchanged)).toEqual([]);
  const total = (prefix: string): number =>
    content.usage.filter(({ address }) => address.startsWith(prefix)).reduce((sum, { bytesIn }) => sum + bytesIn, 0);
  const sent = (prefix: string): number =>
    [...usageByAddress(truth.flows, () => "any")]
      .filter(([address]) => address.startsWith(prefix))
      .reduce((sum, [, { bytesIn }]) => sum + bytesIn, 0);
  // What moved was always someone's; what came or went was counted for a part of the time.
  expect(total("2001:db8:1::")).toBe(sent("2001:db8:1::"));
  for (const prefix of ["10.3.0.", "10.4.0."]) {
    expect(total(prefix)).toBeGreaterThan(0);
    expect(total(prefix)).toBeLessThan(sent(prefix));
  }
  const unaccounted = content.windows.reduce((sum, { unaccountedBytes }) => sum + unaccountedBytes, 0);
  expect(unaccounted + total("10.3.0.") + total("10.4.0.")).toBe(sent("10.3.0.") + sent("10.4.0."));
}

/** Everything exact, window by window. */
function expectExact(expect: ExpectStatic, edge: AccountedEdge, truth: GroundTruth, content: LedgerContent): void {
  const expected = edge.expectation(truth, networkBefore);
  expect(ledgerDifferences(expected, content)).toEqual([]);
  expect(observationDifferences(expected, content.windows)).toEqual([]);
}

liveDescribe("under traffic that never stops", () => {
  describe.concurrent("a reload", () => {
    it("adds, moves and removes networks, and every byte is in one of them or in none", async ({ expect }) => {
      await using edge = await AccountedEdge.create("reca");
      await edge.configure({ network: BEFORE });
      const agent = await edge.start();
      const sending = await edge.send(BURSTS);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      const reloadedIn = await windowAt(1_000, 3_000, windowNow() + WINDOW_MS);
      await edge.configure({ network: AFTER });
      agent.signal("SIGHUP");
      await agent.waitForLog("configuration reloaded");
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      const content = await edge.settled(truth);

      expectMoved(expect, edge, truth, content);
      // Unmistakable away from the reload: the window before it, and the one after the next.
      const unaccounted = (startMs: number): number | undefined =>
        content.windows.find((row) => row.startMs === startMs)?.unaccountedBytes;
      const sentTo = (prefix: string, startMs: number): number =>
        truth
          .flowsOf(startMs)
          .filter(({ destination }) => destination.startsWith(prefix))
          .reduce((sum, { ipBytes, packets }) => sum + ipBytes * packets, 0);
      expect(unaccounted(reloadedIn - WINDOW_MS)).toBe(sentTo("10.4.0.", reloadedIn - WINDOW_MS));
      expect(unaccounted(reloadedIn + WINDOW_MS)).toBe(sentTo("10.3.0.", reloadedIn + WINDOW_MS));
      expect(agent.logged("gap")).toEqual([]);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("can follow on another at once, many times", async ({ expect }) => {
      await using edge = await AccountedEdge.create("recb");
      await edge.configure({ network: BEFORE });
      const agent = await edge.start();
      const sending = await edge.send(BURSTS);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      for (let reload = 1; reload <= 20; reload++) {
        await edge.configure({ network: reload % 2 === 1 ? AFTER : BEFORE });
        agent.signal("SIGHUP");
        await agent.waitForLog("configuration reloaded", reload);
      }
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      expectMoved(expect, edge, truth, await edge.settled(truth));
      expect(agent.logged("gap")).toEqual([]);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });
  });

  describe.concurrent("a stop and a start", () => {
    it.for([
      { what: "as it was", prefix: "recc", capture: {} },
      { what: "with room for fewer addresses", prefix: "recd", capture: { max_addresses: 500 } },
    ])("$what has every window to the byte", async ({ prefix, capture }, { expect }) => {
      await using edge = await AccountedEdge.create(prefix);
      await edge.configure({ network: BEFORE });
      const first = await edge.start();
      const sending = await edge.send(BURSTS);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      await windowAt(1_000, 3_000);
      expect(await first.stop()).toMatchObject({ code: 0, signal: null });
      await edge.configure({ network: BEFORE, capture: { backend: "ebpf", ...capture } });
      await edge.windowsSent(truth, truth.starts.length + 1);
      const second = await edge.start();
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      expectExact(expect, edge, truth, await edge.settled(truth));
      expect([...first.logged("gap"), ...second.logged("gap")]).toEqual([]);
      expect(await second.stop()).toMatchObject({ code: 0 });
    });

    it("with other networks has every byte in one of them or in none", async ({ expect }) => {
      await using edge = await AccountedEdge.create("rece");
      await edge.configure({ network: BEFORE });
      const first = await edge.start();
      const sending = await edge.send(BURSTS);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      await windowAt(1_000, 3_000);
      expect(await first.stop()).toMatchObject({ code: 0 });
      await edge.configure({ network: AFTER });
      await edge.windowsSent(truth, truth.starts.length);
      const second = await edge.start();
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      expectMoved(expect, edge, truth, await edge.settled(truth));
      expect([...first.logged("gap"), ...second.logged("gap")]).toEqual([]);
      expect(await second.stop()).toMatchObject({ code: 0 });
    });

    it("with another program has every window to the byte", async ({ expect }) => {
      await using edge = await AccountedEdge.create("recf");
      const upgraded = edge.edge.file("upgraded.bpf.o");
      await copyFile(OBJECT, upgraded);
      // Behind the end of the ELF file: other content by its hash, the same program.
      await appendFile(upgraded, "upgraded");
      await edge.configure({ network: BEFORE });
      const first = await edge.start();
      const sending = await edge.send(BURSTS);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      await windowAt(1_000, 3_000);
      await first.kill();
      const second = await edge.start({ env: { ACCT_AGENT_BPF_OBJECT: upgraded } });
      await edge.windowsSent(truth, truth.starts.length);
      expect(await second.stop()).toMatchObject({ code: 0 });
      const third = await edge.start();
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      expectExact(expect, edge, truth, await edge.settled(truth));
      for (const agent of [first, second, third]) expect(agent.logged("gap")).toEqual([]);
      expect(await third.stop()).toMatchObject({ code: 0 });
    });
  });

  describe.concurrent("another backend", () => {
    it("takes over what the kernel has, removes it, and gives way again", async ({ expect }) => {
      await using edge = await AccountedEdge.create("recg");
      await edge.configure({ network: BEFORE });
      const kernel = await edge.start();
      const sending = await edge.send(BURSTS);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      await windowAt(1_000, 3_000);
      await kernel.kill();
      await edge.windowsSent(truth, truth.starts.length);
      await sending.stop();
      expect(edge.kernelState().length).toBeGreaterThan(0);

      await edge.configure({ network: BEFORE, capture: { backend: "pcap" } });
      const pcap = await edge.start();
      expect(edge.kernelState()).toEqual([]);
      const meanwhile = await edge.send(BURSTS, edge.edge.pair, truth);
      await edge.windowsSent(truth, truth.starts.length + 1);
      await meanwhile.stop();
      expect(await pcap.stop()).toMatchObject({ code: 0 });

      await edge.configure({ network: BEFORE });
      const again = await edge.start();
      const last = await edge.send(BURSTS, edge.edge.pair, truth);
      await edge.windowsSent(truth, truth.starts.length + 1);
      await last.stop();
      const content = await edge.settled(truth);
      expect(ledgerDifferences(edge.expectation(truth, networkBefore), content)).toEqual([]);
      expect(await again.stop()).toMatchObject({ code: 0 });
    });
  });
});

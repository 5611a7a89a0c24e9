// What the agent keeps in the kernel, at its limits: maps that are full, interfaces that go and come back, several
// interfaces and agents at once, and its removal.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, it } from "vitest";
import { AccountedEdge } from "../support/accounted-edge.ts";
import { runCommandIn } from "../support/agent-process.ts";
import type { Burst } from "../support/burst.ts";
import { Edge, WINDOW_MS, windowAt, windowNow } from "../support/edge.ts";
import { GroundTruth, type NetworkOf, usageByAddress, usageByNetwork } from "../support/ground-truth.ts";
import { kernelStateOf } from "../support/kernel-state.ts";
import {
  conservationDifferences,
  intervalDifferences,
  ledgerDifferences,
  observationDifferences,
} from "../support/ledger-differences.ts";
import { ledgerUsage, ledgerWindows } from "../support/ledger-rows.ts";
import { addLink, createWire, deleteWire } from "../support/link.ts";
import { arrivedSamples } from "../support/pushed-differences.ts";
import { Receiver } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const run = promisify(execFile);
const NETWORKS = [
  { name: "alpha", prefixes: ["10.1.0.0/16"] },
  { name: "beta", prefixes: ["10.2.0.0/16"] },
  { name: "gamma", prefixes: ["2001:db8:1::/48"] },
];

const networkOf: NetworkOf = (address) => {
  if (address.startsWith("10.1.")) return "alpha";
  if (address.startsWith("10.2.")) return "beta";
  return address.startsWith("2001:db8:1:") ? "gamma" : null;
};

function to(destination: string, changes: Partial<Burst> = {}): Burst {
  const usual = { from: "peer", source: "198.51.100.7", vary: "destination", hosts: 5, rate: 500 } as const;
  return { ...usual, destination, ipBytes: 200, ...changes };
}

const STEADY: readonly Burst[] = [
  to("10.1.0.1"),
  to("198.51.100.7", { source: "10.2.0.1", vary: "source", ipBytes: 77 }),
  to("2001:db8:1::1", { source: "2001:db8:ffff::7", ipBytes: 1_280 }),
  to("198.51.100.7", { source: "10.1.0.9", vary: "source", hosts: 1, from: "edge", ipBytes: 300 }),
  to("203.0.113.1", { ipBytes: 64 }),
];

/** 1,000 addresses of three networks, with as many packets for each, and some between two of them. */
const CROWD: readonly Burst[] = [
  to("10.1.0.1", { hosts: 400, rate: 2_000 }),
  to("198.51.100.7", { source: "10.2.0.1", vary: "source", hosts: 300, rate: 1_500 }),
  to("2001:db8:1::1", { source: "2001:db8:ffff::7", hosts: 300, rate: 1_500, ipBytes: 100 }),
  to("10.2.0.1", { source: "10.1.0.1", hosts: 300, rate: 500, ipBytes: 60 }),
  to("203.0.113.1", { ipBytes: 64 }),
];

/** Ids of the programs among pins. */
async function programIds(pins: readonly string[]): Promise<readonly number[]> {
  const programs = pins.filter((pin) => pin.endsWith("/program"));
  return Promise.all(
    programs.map(async (pin) => {
      const { stdout } = await run("bpftool", ["--json", "prog", "show", "pinned", pin]);
      return Number(/"id":(\d+)/.exec(stdout)?.[1]);
    }),
  );
}

/** How many hooks of interfaces run one of the programs. */
async function attachments(ids: readonly number[]): Promise<number> {
  const { stdout } = await run("bpftool", ["--json", "link", "list"]);
  return [...stdout.matchAll(/"prog_id":(\d+)/g)].filter(([, id]) => ids.includes(Number(id))).length;
}

liveDescribe("what the agent keeps in the kernel", () => {
  describe.concurrent("when it is full", () => {
    it("counts each network's overflow, so that no byte is missing", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await AccountedEdge.create("kera");
      const capture = { backend: "ebpf", max_addresses: 100 };
      await edge.configure({ network: NETWORKS, capture }, [{ name: "central", url: receiver.url }]);
      const agent = await edge.start();
      const sending = await edge.send(CROWD);
      const { truth } = sending;
      await edge.windowsSent(truth, 3);
      await sending.stop();
      const content = await edge.settled(truth);

      const expected = edge.expectation(truth, networkOf);
      expect(conservationDifferences(expected, content)).toEqual([]);
      // A network's own account has what its addresses had no room for.
      expect(intervalDifferences(expected, content.intervals)).toEqual([]);
      expect(observationDifferences(expected, content.windows)).toEqual([]);
      const sent = usageByAddress(truth.flows, networkOf);
      const known = content.usage.filter(({ address }) => address !== "overflow");
      for (const { network, address, bytesIn, bytesOut } of known) {
        expect(networkOf(address)).toBe(network);
        expect(bytesIn).toBeLessThanOrEqual(sent.get(address)?.bytesIn ?? 0);
        expect(bytesOut).toBeLessThanOrEqual(sent.get(address)?.bytesOut ?? 0);
      }
      const overflow = content.usage.filter(({ address }) => address === "overflow");
      expect(overflow.map(({ network }) => network).sort()).toEqual(["alpha", "beta", "gamma"]);
      const overflowBytes = overflow.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
      expect(overflowBytes).toBeGreaterThan(0);
      expect(content.windows.reduce((sum, row) => sum + row.overflowBytes, 0)).toBe(overflowBytes);

      await waitFor("each network's overflow at the receiver", () => {
        const series = arrivedSamples(receiver).filter(({ labels, value }) => labels["ip"] === "overflow" && value > 0);
        return new Set(series.map(({ labels }) => labels["network"])).size === 3;
      });
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("because nobody empties it, counts each window and each network to the byte", async ({ expect }) => {
      await using edge = await AccountedEdge.create("kerk");
      await edge.configure({ network: NETWORKS, capture: { backend: "ebpf", max_addresses: 100 } });
      const killed = await edge.start();
      // 60 addresses a window: the fourth window without an agent finds the map full.
      const sending = await edge.send([
        to("10.1.0.1", { hosts: 20 }),
        to("198.51.100.7", { source: "10.2.0.1", vary: "source", hosts: 20, ipBytes: 333 }),
        to("2001:db8:1::1", { source: "2001:db8:ffff::7", hosts: 20, ipBytes: 444 }),
      ]);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      await killed.kill();
      await edge.windowsSent(truth, truth.starts.length + 5);
      const agent = await edge.start();
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      const content = await edge.settled(truth);
      const expected = edge.expectation(truth, networkOf);
      expect(conservationDifferences(expected, content)).toEqual([]);
      expect(intervalDifferences(expected, content.intervals)).toEqual([]);
      expect(observationDifferences(expected, content.windows)).toEqual([]);
      const overflow = content.windows.map(({ overflowBytes }) => overflowBytes > 0);
      // Full in the end, but not while there was an agent: neither at the start nor at the end.
      expect(overflow.includes(true)).toBe(true);
      expect([overflow[0], overflow.at(-1)]).toEqual([false, false]);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("has room again in the next window", async ({ expect }) => {
      await using edge = await AccountedEdge.create("kerb");
      await edge.configure({ network: NETWORKS, capture: { backend: "ebpf", max_addresses: 100 } });
      const agent = await edge.start();
      const crowd = await edge.send(CROWD);
      await edge.windowsSent(crowd.truth, 2);
      await crowd.stop();
      await edge.settled(crowd.truth);
      const full = edge.content();
      const quiet = await edge.send(STEADY);
      await edge.windowsSent(quiet.truth, 2);
      await quiet.stop();
      const content = await edge.settled(quiet.truth);
      const rowsOf = (rows: typeof content.windows, { starts }: GroundTruth) =>
        rows.filter(({ startMs }) => starts.includes(startMs) && !crowd.truth.starts.includes(startMs));
      for (const row of rowsOf(content.windows, quiet.truth)) expect(row).toMatchObject({ overflowBytes: 0 });
      expect(full.windows.some(({ overflowBytes }) => overflowBytes > 0)).toBe(true);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });
  });

  describe.concurrent("when its interface is removed", () => {
    it("and made again while the agent runs: both interfaces' traffic is in the ledger", async ({ expect }) => {
      await using edge = await AccountedEdge.create("kerc");
      await edge.configure({ network: NETWORKS });
      const agent = await edge.start();
      const pins = edge.kernelState().length;
      const first = await edge.send(STEADY);
      const { truth } = first;
      await edge.windowsSent(truth, 1);
      await windowAt(2_000, 3_500, windowNow() + WINDOW_MS);
      await first.stop();
      await deleteWire(edge.edge.pair);
      await waitFor("the agent to notice", async () => (await agent.get("/healthz")).status === 503);
      await createWire(edge.edge.pair);
      await agent.capturing(2);
      const second = await edge.send(STEADY, edge.edge.pair, truth);
      await edge.windowsSent(truth, truth.starts.length + 1);
      await second.stop();
      const content = await edge.settled(truth);
      expect(ledgerDifferences(edge.expectation(truth, networkOf), content)).toEqual([]);
      expect(agent.logged("gap")).toMatchObject([{ level: "warn" }]);
      // What the first interface had is gone from the kernel.
      expect(edge.kernelState()).toHaveLength(pins);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("and made again while the agent is dead: what it had is in the ledger, and the new one is counted", async ({
      expect,
    }) => {
      await using edge = await AccountedEdge.create("kerd");
      await edge.configure({ network: NETWORKS });
      const killed = await edge.start();
      const pins = edge.kernelState().length;
      const first = await edge.send(STEADY);
      const { truth } = first;
      await edge.windowsSent(truth, 1);
      await windowAt(1_000, 2_000, windowNow() + WINDOW_MS);
      await killed.kill();
      await edge.windowsSent(truth, truth.starts.length);
      await first.stop();
      await deleteWire(edge.edge.pair);
      await createWire(edge.edge.pair);
      const agent = await edge.start();
      const second = await edge.send(STEADY, edge.edge.pair, truth);
      await edge.windowsSent(truth, truth.starts.length + 1);
      await second.stop();
      const content = await edge.settled(truth);
      expect(ledgerDifferences(edge.expectation(truth, networkOf), content)).toEqual([]);
      expect(edge.kernelState()).toHaveLength(pins);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("for good while the agent is dead: what it had is in the ledger, and nothing stays in the kernel", async ({
      expect,
    }) => {
      await using edge = await AccountedEdge.create("kere");
      await edge.configure({ network: NETWORKS });
      const killed = await edge.start();
      const sending = await edge.send(STEADY);
      const { truth } = sending;
      await edge.windowsSent(truth, 2);
      await killed.kill();
      await sending.stop();
      await deleteWire(edge.edge.pair);
      await using agent = edge.edge.start();
      const content = await edge.settled(truth);
      expect(ledgerDifferences(edge.expectation(truth, networkOf), content)).toEqual([]);
      await waitFor("the kernel to be tidied", () => edge.kernelState().length === 0);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });
  });

  describe.concurrent("is removed by detach", () => {
    it("and by nothing else; not while the agent runs", async ({ expect }) => {
      await using edge = await AccountedEdge.create("kerf");
      await edge.configure({ network: NETWORKS });
      const agent = await edge.start();
      expect(await attachments(await programIds(edge.kernelState()))).toBe(2);
      const refused = await edge.edge.command("detach");
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.complaints).toEqual([expect.stringContaining(edge.edge.stateDir)]);
      expect(edge.kernelState().length).toBeGreaterThan(0);
      expect(await agent.stop()).toMatchObject({ code: 0 });
      expect(edge.kernelState().length).toBeGreaterThan(0);
      const programs = await programIds(edge.kernelState());
      expect(await attachments(programs)).toBe(2);

      expect(await edge.edge.command("detach")).toMatchObject({ code: 0, complaints: [] });
      expect(edge.kernelState()).toEqual([]);
      expect(await attachments(programs)).toBe(0);
      const empty = await edge.edge.command("detach");
      expect(empty).toMatchObject({ code: 0, complaints: [] });
    });

    it("after what it had counted went to the ledger", async ({ expect }) => {
      await using edge = await AccountedEdge.create("kerg");
      await edge.configure({ network: NETWORKS });
      const agent = await edge.start();
      const sending = await edge.send(STEADY);
      const { truth } = sending;
      await edge.windowsSent(truth, 1);
      await agent.kill();
      await edge.windowsSent(truth, truth.starts.length);
      await sending.stop();
      expect(await edge.edge.command("detach")).toMatchObject({ code: 0, complaints: [] });
      expect(edge.kernelState()).toEqual([]);
      // The next start closes the window that detach cut short.
      await edge.configure({ network: NETWORKS, capture: { backend: "pcap" } });
      const next = await edge.start();
      const content = await edge.settled(truth);
      expect(ledgerDifferences(edge.expectation(truth, networkOf), content)).toEqual([]);
      expect(await next.stop()).toMatchObject({ code: 0 });
    });
  });

  describe.concurrent("for several", () => {
    it("interfaces is each one's own", async ({ expect }) => {
      await using edge = await AccountedEdge.create("kerh");
      const links = [edge.edge.pair, await addLink(edge.edge.pair, 1)] as const;
      const names = links.map((link) => ({ name: link.edge.interface }));
      await edge.configure({ network: NETWORKS, interface: names });
      const killed = await edge.start({}, 2);
      const first = await edge.send(STEADY, links[0]);
      const second = await edge.send([to("10.1.0.1", { ipBytes: 999 }), to("10.2.0.9", { hosts: 50 })], links[1]);
      await edge.windowsSent(first.truth, 1);
      await windowAt(1_000, 3_000);
      await killed.kill();
      await edge.windowsSent(first.truth, first.truth.starts.length);
      const agent = await edge.start({}, 2);
      await edge.windowsSent(first.truth, first.truth.starts.length + 1);
      for (const one of [first, second]) await one.stop();
      for (const [index, { truth }] of [first, second].entries()) {
        const content = await edge.settled(truth, links[index]);
        const expected = edge.expectation(truth, networkOf, links[index]);
        expect(ledgerDifferences(expected, content)).toEqual([]);
        expect(observationDifferences(expected, content.windows)).toEqual([]);
      }
      expect(agent.logged("gap")).toEqual([]);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("agents on one interface is each one's own", async ({ expect }) => {
      await using edge = await AccountedEdge.create("keri");
      await edge.configure({ network: NETWORKS });
      const first = await edge.start();
      // Another state folder and configuration in the same namespace, on the same interface.
      await using neighbour = await Edge.create("kerj");
      await neighbour.configure({
        network: [{ name: "beta", prefixes: ["10.2.0.0/16"] }],
        interface: [{ name: edge.edge.interface }],
        capture: { backend: "ebpf" },
      });
      await using second = neighbour.start({ namespace: edge.edge.pair.edge });
      await second.capturing();
      const pins = [...edge.kernelState(), ...kernelStateOf(neighbour.stateDir)];
      expect(await attachments(await programIds(pins))).toBe(4);
      const sending = await edge.send(STEADY);
      const { truth } = sending;
      await edge.windowsSent(truth, 2);
      // The neighbour goes, with all that it has, while the first agent is dead.
      await first.kill();
      expect(await second.stop()).toMatchObject({ code: 0 });
      const detached = await runCommandIn(edge.edge.pair.edge, "detach", "--config", neighbour.configFile);
      expect(detached).toMatchObject({ code: 0 });
      expect(edge.kernelState().length).toBeGreaterThan(0);
      const again = await edge.start();
      await edge.windowsSent(truth, truth.starts.length + 1);
      await sending.stop();
      const content = await edge.settled(truth);
      const expected = edge.expectation(truth, networkOf);
      expect(ledgerDifferences(expected, content)).toEqual([]);
      expect(observationDifferences(expected, content.windows)).toEqual([]);
      expect(again.logged("gap")).toEqual([]);
      expect(await again.stop()).toMatchObject({ code: 0 });

      const windows = ledgerWindows(neighbour.stateDir);
      const usage = ledgerUsage(neighbour.stateDir);
      const [firstMs = 0] = truth.starts;
      const seen = windows.find(({ startMs }) => startMs === firstMs);
      const sent = usageByNetwork(truth.flowsOf(firstMs), networkOf).get("beta");
      expect(seen?.ipPackets).toBe(truth.flowsOf(firstMs).reduce((sum, { packets }) => sum + packets, 0));
      expect(usage.every(({ network }) => network === "beta")).toBe(true);
      expect((seen?.ipBytes ?? 0) - (seen?.unaccountedBytes ?? 0)).toBe(sent?.bytesOut);
    });
  });
});

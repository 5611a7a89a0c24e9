// Another source takes the place of the one that counts, at full speed, and packets come on all CPUs at once: each packet
// is in exactly one source, once.

import { join } from "node:path";
import { expect, it } from "vitest";
import { BpfMap } from "../../src/capture/ebpf/bpf-map.ts";
import { listFolder } from "../../src/capture/ebpf/bpffs.ts";
import { TOTALS_BYTES } from "../../src/capture/ebpf/layout.ts";
import { type Namespace, NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { Traffic, type TrafficOptions } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";
import { enter, PinnedNamespace, type Row, TestKernel } from "./ebpf-kernel.ts";

const HOSTS = 64;
const IP_BYTES = 46;
const REPLACEMENTS = 20;

/** As the sender cycles over the hosts, each gets as many as the others, or one more. */
function shareOf(sent: number, host: number): number {
  return Math.floor((sent + HOSTS - 1 - host) / HOSTS);
}

/** Rows of the destinations of these senders, each having sent so many frames. */
function expectedRows(sent: readonly number[]): Readonly<Record<string, Row>> {
  const rows = Array.from({ length: HOSTS }, (_, host): readonly [string, Row] => {
    const packets = sent.reduce((sum, frames) => sum + shareOf(frames, host), 0);
    return [`10.0.0.${host} everything`, [packets * IP_BYTES, packets, 0, 0]];
  });
  return Object.fromEntries(rows);
}

/** Packets on each CPU that a source has in its totals. */
async function packetsByCpu(folder: string): Promise<readonly number[]> {
  using totals = BpfMap.open(join(folder, "totals"), { keyBytes: 4, valueBytes: TOTALS_BYTES, perCpu: true });
  const packets = Array<number>(totals.cpus).fill(0);
  for await (const { length, values } of totals.batches()) {
    for (let value = 0; value < length * totals.cpus; value++) {
      const cpu = value % totals.cpus;
      packets[cpu] = (packets[cpu] ?? 0) + (values[(value * TOTALS_BYTES) / 4 + 4] ?? 0);
    }
  }
  return packets;
}

/** Sends at full speed until the end of `work`; the frames that each sender sent. */
async function underTraffic(
  senders: readonly { readonly from: Namespace; readonly options: TrafficOptions }[],
  work: () => Promise<void>,
): Promise<readonly number[]> {
  const traffic = await Promise.all(senders.map(({ from, options }) => Traffic.start(from, options)));
  try {
    await work();
  } finally {
    await Promise.all(traffic.map((one) => one.stop()));
  }
  return Promise.all(traffic.map(async (one) => (await one.result).sent));
}

liveDescribe("A source that takes another one's place", () => {
  it.each(["tcx", "socket"] as const)("shares every packet with it exactly at full speed (%s)", async (attach) => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { attach });
    using state = kernel.state();
    expect(await state.attach()).toBe(true);
    const both = [
      { from: pair.peer, options: { hosts: HOSTS } },
      { from: pair.edge, options: { hosts: HOSTS, qdisc: true } },
    ];
    const sent = await underTraffic(both, async () => {
      for (let left = REPLACEMENTS; left > 0; left--) {
        await state.replace();
        expect(await state.drain()).toBe(true);
      }
    });
    state.detach();
    expect(await state.drain()).toBe(true);
    const { totals, rows, windows } = kernel.sink;
    const { "198.51.100.1 everything": sender, ...receivers } = rows;
    expect(receivers).toEqual(expectedRows(sent));
    expect(totals.ipPackets).toBe(sent.reduce((sum, frames) => sum + frames, 0));
    expect(sender).toEqual([0, 0, totals.ipBytes, totals.ipPackets]);
    const sources = new Set(windows.filter((window) => window.totals.frames > 0).map(({ source }) => source));
    expect(sources.size).toBe(REPLACEMENTS + 1);
    expect(kernel.log).toEqual([]);
    expect(listFolder(kernel.options.folder)).toEqual([]);
  });

  it.each(["tcx", "socket"] as const)("adds up what two CPUs count for one address at once (%s)", async (attach) => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { attach });
    using state = kernel.state();
    expect(await state.attach()).toBe(true);
    const both = [0, 1].map((cpu) => ({ from: new PinnedNamespace(pair.peer, cpu), options: { hosts: HOSTS } }));
    const source = listFolder(kernel.options.folder).find((name) => name.length === 16) ?? "";
    const sent = await underTraffic(both, async () => {
      await waitFor("packets on both CPUs", async () => {
        const packets = await packetsByCpu(join(kernel.options.folder, source));
        return packets.filter((count) => count > 50_000).length === 2;
      });
      for (let left = 5; left > 0; left--) {
        const before = kernel.sink.windows.length;
        await waitFor("a window", async () => (await state.drain()) && kernel.sink.windows.length > before);
      }
    });
    state.detach();
    expect(await state.drain()).toBe(true);
    const { "198.51.100.1 everything": sender, ...receivers } = kernel.sink.rows;
    const total = sent.reduce((sum, frames) => sum + frames, 0);
    expect(receivers).toEqual(expectedRows(sent));
    expect(sender).toEqual([0, 0, total * IP_BYTES, total]);
    expect(kernel.sink.totals).toMatchObject({ ipPackets: total, overflowPackets: 0, unaccountedPackets: 0 });
    expect(kernel.log).toEqual([]);
  });
});

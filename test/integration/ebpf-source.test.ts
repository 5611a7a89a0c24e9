// A source in the kernel from its making to its removal, and what it says when its maps are full.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { attach } from "../../src/capture/ebpf/attachment.ts";
import { BpfMap } from "../../src/capture/ebpf/bpf-map.ts";
import { listFolder, unpin } from "../../src/capture/ebpf/bpffs.ts";
import { KernelError } from "../../src/capture/ebpf/kernel-error.ts";
import { KernelSource } from "../../src/capture/ebpf/kernel-source.ts";
import { OVERFLOW_KEY, USAGE_KEY, USAGE_VALUE } from "../../src/capture/ebpf/layout.ts";
import { SourceDrain } from "../../src/capture/ebpf/source-drain.ts";
import { totalsSlots } from "../../src/capture/ebpf/source-manifest.ts";
import type { WindowTotals } from "../../src/model/window.ts";
import { NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames } from "../support/traffic.ts";
import { enter, PinnedNamespace, type Row, TestKernel } from "./ebpf-kernel.ts";
import { network } from "./live-capture.ts";

const PINS = ["clock", "manifest", "networks", "overflow", "program", "totals", "usage"];
const LONG_MS = 300_000;
/** IP bytes of a frame of send-frames. */
const IP_BYTES = 46;

/** What WindowTotals promises: every byte is in exactly one place. */
function expectConserved(totals: WindowTotals, rows: Readonly<Record<string, Row>>): void {
  const counted = Object.values(rows).reduce((sum, [bytesIn, , bytesOut]) => sum + bytesIn + bytesOut, 0);
  expect(counted + totals.unaccountedBytes).toBe(totals.ipBytes + totals.internalBytes);
}

/** A source that counts, and its drain. */
async function counting(kernel: TestKernel) {
  const source = await kernel.source();
  source.clock.start();
  const attachment = attach(source, kernel.place().device, kernel.options.folder);
  return { source, attachment, drain: new SourceDrain(source, kernel.deps) };
}

function openMap(source: KernelSource, name: "usage" | "overflow"): BpfMap {
  const keyBytes = name === "usage" ? USAGE_KEY.bytes : OVERFLOW_KEY.bytes;
  return BpfMap.open(join(source.folder, name), { keyBytes, valueBytes: USAGE_VALUE.bytes, perCpu: true });
}

/** Has another process remove the source, which dies when it has unpinned so many. */
async function dieRemoving(source: KernelSource, unpinned: number): Promise<void> {
  const script = `import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const { unlinkSync } = fs;
    let left = ${unpinned};
    fs.unlinkSync = (path) => (left-- > 0 ? unlinkSync(path) : process.kill(process.pid, "SIGKILL"));
    fs.rmdirSync = () => process.kill(process.pid, "SIGKILL");
    syncBuiltinESMExports();
    const { KernelSource } = await import("${new URL("../../src/capture/ebpf/kernel-source.ts", import.meta.url).href}");
    KernelSource.open("${source.folder}").remove();`;
  source[Symbol.dispose]();
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script]);
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

liveDescribe("KernelSource", () => {
  it("is pinned as a whole, is found again as it was, and leaves nothing when it is removed", async () => {
    await using pair = await NetworkPair.create();
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const source = await kernel.source();
    expect(listFolder(kernel.options.folder)).toEqual([source.id]);
    expect(listFolder(source.folder)).toEqual(PINS);
    const again = KernelSource.open(source.folder);
    expect(again.manifest).toEqual(source.manifest);
    expect(again.clock.offsetNs).toBe(source.clock.offsetNs);
    expect(again.programId).toBe(source.programId);
    expect(again.clock.attachedMs).toBe(0);
    again[Symbol.dispose]();
    source.remove();
    expect(listFolder(kernel.options.folder)).toEqual([]);
  });

  it("is removed without complaint where somebody has done so", async () => {
    await using pair = await NetworkPair.create();
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const source = await kernel.source();
    unpin(kernel.options.folder);
    expect(() => source.remove()).not.toThrow();
  });

  it("leaves nothing where the kernel has no room for it", async () => {
    await using pair = await NetworkPair.create();
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { maxAddresses: 2 ** 30 });
    await expect(kernel.source()).rejects.toThrow(KernelError);
    expect(listFolder(kernel.options.folder)).toEqual([]);
  });

  it("is refused where another version made it", async () => {
    await using pair = await NetworkPair.create();
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    using source = await kernel.source();
    const manifest = Buffer.from(JSON.stringify({ ...source.manifest, layout: 9 }));
    using map = BpfMap.open(join(source.folder, "manifest"), {
      keyBytes: 4,
      valueBytes: manifest.length,
      perCpu: false,
    });
    map.update(Buffer.alloc(4), manifest);
    expect(() => KernelSource.open(source.folder)).toThrow(
      "was made by another version (run detach with that version)",
    );
  });

  it("is removed by whoever opens the folder where it is unfinished", async () => {
    await using pair = await NetworkPair.create();
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    using source = await kernel.source();
    renameSync(source.folder, join(kernel.options.folder, `new-${source.id}`));
    expect(kernel.state().open()).toBe(false);
    expect(listFolder(kernel.options.folder)).toEqual([]);
  });

  it("is never found half removed under its name, whenever its remover dies", async () => {
    await using pair = await NetworkPair.create();
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    for (let unpinned = 0; unpinned <= PINS.length; unpinned++) {
      const source = await kernel.source();
      await dieRemoving(source, unpinned);
      expect(() => kernel.state().open()).not.toThrow();
      expect(listFolder(kernel.options.folder)).toEqual([]);
    }
  });

  it("counts from its start on, also where the kernel's coarse clock is still in the window before", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { windowMs: LONG_MS });
    const source = await kernel.source();
    const aheadNs = BigInt(source.clock.nowMs() % LONG_MS) * 1_000_000n;
    source.clock.setOffset(source.clock.offsetNs - aheadNs);
    source.clock.start();
    const first = source.clock.currentWindow();
    source.clock.setOffset(source.clock.offsetNs - 60_000_000_000n);
    const attachment = attach(source, kernel.place().device, kernel.options.folder);
    const { sent } = await sendFrames(pair.peer, { count: 100 });
    attachment.detach();
    expect(await new SourceDrain(source, kernel.deps).all(source.clock.nowMs())).toBe(true);
    expect(kernel.sink.windows.map(({ startMs, totals }) => [startMs / LONG_MS, totals.frames])).toEqual([
      [first, sent],
    ]);
    source.remove();
  });

  it.each([1, 2, 50])("files under its network what finds no room among %i addresses", async (maxAddresses) => {
    const hosts = 120;
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    const networks = [network("low", "10.0.0.0/26"), network("high", "10.0.0.64/26")];
    using kernel = new TestKernel(pair.edge, { maxAddresses, networks, windowMs: LONG_MS });
    const { source, attachment, drain } = await counting(kernel);
    const { sent } = await sendFrames(pair.peer, { count: 10 * hosts, hosts });
    attachment.detach();
    expect(await drain.all(source.clock.nowMs())).toBe(true);
    const { totals, rows } = kernel.sink;
    expectConserved(totals, rows);
    expect(totals).toMatchObject({ ipPackets: sent, ipBytes: sent * IP_BYTES, unaccountedPackets: 0 });
    const { "overflow low": low, "overflow high": high, ...known } = rows;
    // The map holds two windows' addresses.
    expect(Object.keys(known)).toHaveLength(2 * maxAddresses);
    expect(Object.values(known)).toEqual(Object.keys(known).map(() => [10 * IP_BYTES, 10, 0, 0]));
    expect([low?.[1], high?.[1]]).toEqual([
      Math.max(0, 64 - 2 * maxAddresses) * 10 || undefined,
      (56 - Math.max(0, 2 * maxAddresses - 64)) * 10,
    ]);
    expect(totals.overflowPackets).toBe(sent - 2 * maxAddresses * 10);
    expect((await source.readRows(0, 2 ** 32)).size).toBe(0);
    source.remove();
  });

  it("says what was of accounted networks where even the overflow is full", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { maxAddresses: 1, windowMs: LONG_MS });
    const { source, attachment, drain } = await counting(kernel);
    using overflow = openMap(source, "overflow");
    const window = source.clock.currentWindow();
    // 1,024 windows that are still to come.
    for (let later = 1; later <= 1_024; later++) {
      overflow.update(new Uint8Array(Uint32Array.of(0, window + later).buffer), Buffer.alloc(USAGE_VALUE.bytes));
    }
    const { sent } = await sendFrames(pair.peer, { count: 1_000, hosts: 10 });
    attachment.detach();
    expect(await drain.all(source.clock.nowMs())).toBe(true);
    const { totals, rows } = kernel.sink;
    expectConserved(totals, rows);
    // The sender and one receiver found room, the others none.
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(["198.51.100.1 everything", "10.0.0.0 everything"]));
    expect(totals).toMatchObject({ ipPackets: sent, unaccountedPackets: 0, overflowPackets: 0, internalPackets: 100 });
    const lost = { bytes: 900 * IP_BYTES, packets: 900 };
    expect(kernel.logged("the kernel's maps were full")).toMatchObject([lost]);
    expect(kernel.logged("disagree")).toEqual([]);
    source.remove();
  });

  it("tells what passed while every slot of its totals was taken, and claims nothing of that time", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { windowMs: LONG_MS });
    const { source, attachment, drain } = await counting(kernel);
    const peer = new PinnedNamespace(pair.peer, 0);
    const slots = totalsSlots(LONG_MS);
    const first = source.clock.currentWindow();
    const later = (windows: number): void =>
      source.clock.setOffset(source.clock.offsetNs + BigInt(windows * LONG_MS) * 1_000_000n);
    const before = await sendFrames(peer, { count: 50 });
    later(slots);
    const beyond = await sendFrames(peer, { count: 70 });
    expect(await drain.ended()).toBe(true);
    // It has room again, but not for what it has not got.
    const after = await sendFrames(peer, { count: 30 });
    later(1);
    expect(await drain.ended()).toBe(true);
    attachment.detach();

    expect(kernel.sink.windows).toHaveLength(slots + 1);
    const seen = kernel.sink.windows.filter(({ totals }) => totals.frames > 0);
    expect(seen.map(({ startMs, totals }) => [startMs / LONG_MS, totals.ipPackets])).toEqual([
      [first, before.sent],
      [first + slots, after.sent],
    ]);
    const unobserved = kernel.sink.windows.filter(({ quality }) => quality.observedMs === 0);
    expect(unobserved.map(({ startMs }) => startMs / LONG_MS)).toEqual([first + slots]);
    const time = (window: number): string => new Date(window * LONG_MS).toISOString();
    const gap = { packets: beyond.sent, bytes: beyond.ipBytes, from: time(first + slots), to: time(first + slots + 1) };
    expect(kernel.logged("gap: the kernel had no room")).toMatchObject([gap]);
    source.remove();
  });

  it("keeps a later window that another CPU counts in the same slot", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { windowMs: LONG_MS });
    const { source, attachment, drain } = await counting(kernel);
    const peers = [0, 1].map((cpu) => new PinnedNamespace(pair.peer, cpu));
    const slots = totalsSlots(LONG_MS);
    const first = source.clock.currentWindow();
    const later = (windows: number): void =>
      source.clock.setOffset(source.clock.offsetNs + BigInt(windows * LONG_MS) * 1_000_000n);
    const [one = pair.peer, other = pair.peer] = peers;
    await sendFrames(one, { count: 50 });
    later(slots);
    await sendFrames(other, { count: 40 });
    expect(await drain.ended()).toBe(true);
    // One CPU still has no room for this window.
    await sendFrames(one, { count: 7 });
    await sendFrames(other, { count: 3 });
    later(slots);
    expect(await drain.ended()).toBe(true);
    // And now both have.
    await sendFrames(one, { count: 100 });
    await sendFrames(other, { count: 100 });
    attachment.detach();
    expect(await drain.all(source.clock.nowMs())).toBe(true);

    const seen = kernel.sink.windows.filter(({ totals }) => totals.frames > 0);
    expect(seen.map(({ startMs, totals }) => [startMs / LONG_MS, totals.ipPackets])).toEqual([
      [first, 50],
      [first + slots, 43],
      [first + 2 * slots, 200],
    ]);
    expectConserved(kernel.sink.totals, kernel.sink.rows);
    expect(kernel.logged("disagree")).toEqual([]);
    expect(kernel.logged("gap: the kernel had no room")).toMatchObject([{ packets: 7 }]);
    const unobserved = kernel.sink.windows.filter(({ quality }) => quality.observedMs === 0);
    expect(unobserved.map(({ startMs }) => startMs / LONG_MS)).toEqual([first + slots]);
    source.remove();
  });

  it("leaves out of its last window what it cannot claim", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { windowMs: LONG_MS });
    const { source, attachment, drain } = await counting(kernel);
    const peer = new PinnedNamespace(pair.peer, 0);
    const slots = totalsSlots(LONG_MS);
    await sendFrames(peer, { count: 50 });
    source.clock.setOffset(source.clock.offsetNs + BigInt(slots * LONG_MS) * 1_000_000n);
    await sendFrames(peer, { count: 70 });
    attachment.detach();
    expect(await drain.all(source.clock.nowMs())).toBe(true);
    expect(kernel.sink.windows).toHaveLength(slots);
    expect(kernel.sink.totals.ipPackets).toBe(50);
    expect(kernel.logged("gap: the kernel had no room")).toMatchObject([{ packets: 70 }]);
    source.remove();
  });

  it("says so where its addresses and its totals disagree", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge, { windowMs: LONG_MS });
    const { source, attachment, drain } = await counting(kernel);
    const window = source.clock.currentWindow();
    await sendFrames(pair.peer, { count: 30, hosts: 3 });
    attachment.detach();
    using usage = openMap(source, "usage");
    const gone = Buffer.alloc(USAGE_KEY.bytes);
    gone.set([0xff, 0xff, 10, 0, 0, 1], 10);
    gone.writeUInt32LE(window, 16);
    expect(usage.lookup(gone)).not.toBeNull();
    await usage.delete(gone);
    expect(await drain.all(source.clock.nowMs())).toBe(true);
    const facts = { level: "error", bytes: 50 * IP_BYTES, expected: 60 * IP_BYTES };
    expect(kernel.logged("addresses and totals of a window disagree")).toMatchObject([facts]);
    source.remove();
  });
});

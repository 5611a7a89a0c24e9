// What a new agent makes of what an earlier one left in the kernel, wherever it died: one source counts, and every packet
// is in exactly one.

import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { attach } from "../../src/capture/ebpf/attachment.ts";
import { listFolder } from "../../src/capture/ebpf/bpffs.ts";
import { checked } from "../../src/capture/ebpf/kernel-error.ts";
import { KernelSource } from "../../src/capture/ebpf/kernel-source.ts";
import { libbpf } from "../../src/capture/ebpf/libbpf.ts";
import { type Namespace, NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";
import { enter, TestKernel } from "./ebpf-kernel.ts";
import { network } from "./live-capture.ts";

type Direction = "ingress" | "egress";

/** Puts the program of a source on one of the pinned links, as an agent does that dies before it gets to the other. */
function moveLink(kernel: TestKernel, direction: Direction, source: KernelSource): void {
  const path = join(kernel.options.folder, direction);
  const fd = checked(`open ${path}`, libbpf().bpf_obj_get(path));
  checked("bpf_link_update", libbpf().bpf_link_update(fd, source.programFd, null));
}

/** An agent that attaches and is gone: what it pinned goes on. */
async function attachAndDie(kernel: TestKernel): Promise<void> {
  using state = kernel.state();
  expect(await state.attach()).toBe(true);
}

/** Frames in both directions, so many of each. */
class Wire {
  sent = 0;
  readonly #pair: NetworkPair;

  constructor(pair: NetworkPair) {
    this.#pair = pair;
  }

  async carry(count: number): Promise<void> {
    await this.#send(this.#pair.peer, count);
    await this.#send(this.#pair.edge, count);
  }

  async #send(from: Namespace, count: number): Promise<void> {
    this.sent += (await sendFrames(from, { count, hosts: 5, qdisc: true })).sent;
  }
}

/** Until the window after the one that is running. */
async function nextWindow(windowMs: number): Promise<void> {
  const window = Math.floor(Date.now() / windowMs);
  await waitFor("the next window", () => Math.floor(Date.now() / windowMs) > window);
}

/** Adopts, carries on, stops counting, hands everything over, and expects it to be exact and the kernel empty. */
async function expectExact(kernel: TestKernel, wire: Wire): Promise<void> {
  using state = kernel.state();
  expect(state.open()).toBe(true);
  await wire.carry(100);
  expect(await state.drain()).toBe(true);
  await nextWindow(kernel.options.windowMs);
  await wire.carry(100);
  state.detach();
  expect(await state.drain()).toBe(true);
  expect(kernel.sink.totals).toMatchObject({ ipPackets: wire.sent, ipBytes: wire.sent * 46 });
  const packets = Object.values(kernel.sink.rows).reduce((sum, [, packetsIn]) => sum + packetsIn, 0);
  expect(packets).toBe(wire.sent);
  expect(kernel.log).toEqual([]);
  expect(listFolder(kernel.options.folder)).toEqual([]);
}

liveDescribe("Adoption of kernel state", () => {
  it("goes on with what counts, over windows in which no agent ran", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const wire = new Wire(pair);
    await attachAndDie(kernel);
    await wire.carry(200);
    await nextWindow(1_000);
    await wire.carry(300);
    await expectExact(kernel, wire);
    expect(new Set(kernel.sink.windows.map(({ source }) => source)).size).toBe(1);
  });

  it.each(["nothing", "the ingress link", "the egress link", "both links"])(
    "takes up a replacement that had moved %s",
    async (moved) => {
      await using pair = await NetworkPair.create({ offloads: false });
      using _inside = enter(pair.edge);
      using kernel = new TestKernel(pair.edge);
      const wire = new Wire(pair);
      await attachAndDie(kernel);
      await wire.carry(200);
      const next = await kernel.source();
      next.clock.start();
      if (moved !== "nothing" && moved !== "the egress link") moveLink(kernel, "ingress", next);
      if (moved !== "nothing" && moved !== "the ingress link") moveLink(kernel, "egress", next);
      next[Symbol.dispose]();
      // Nobody looks after it for more than a window: what still runs the old program counts on with it.
      await wire.carry(300);
      await nextWindow(1_000);
      await wire.carry(400);
      await nextWindow(1_000);
      await wire.carry(500);
      await expectExact(kernel, wire);
      expect(kernel.sink.windows.some(({ source }) => source === next.id)).toBe(moved !== "nothing");
    },
  );

  it("takes up a replacement that was never told when it starts", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const wire = new Wire(pair);
    await attachAndDie(kernel);
    const next = await kernel.source();
    next[Symbol.dispose]();
    await wire.carry(200);
    await expectExact(kernel, wire);
    expect(kernel.sink.windows.some(({ source }) => source === next.id)).toBe(false);
  });

  it("adopts a second time what it adopted half-replaced and could not hand over", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const wire = new Wire(pair);
    await attachAndDie(kernel);
    await wire.carry(200);
    const next = await kernel.source();
    next.clock.start();
    moveLink(kernel, "ingress", next);
    next[Symbol.dispose]();
    await nextWindow(1_000);
    await wire.carry(300);
    kernel.sink.takes = () => false;
    {
      using state = kernel.state();
      expect(state.open()).toBe(true);
      expect(await state.drain()).toBe(false);
      await wire.carry(100);
    }
    kernel.sink.takes = () => true;
    await expectExact(kernel, wire);
  });

  it.each([-3_600_000, 3_600_000])(
    "takes up a replacement for a clock that was set by %i ms, and claims no time that there was not",
    async (stepMs) => {
      await using pair = await NetworkPair.create({ offloads: false });
      using _inside = enter(pair.edge);
      using kernel = new TestKernel(pair.edge);
      const wire = new Wire(pair);
      const startedMs = performance.now();
      // Made before the step, by the clock of that time.
      const before = await kernel.source();
      before.clock.setOffset(before.clock.offsetNs - BigInt(stepMs) * 1_000_000n);
      before.clock.start();
      attach(before, kernel.place().device, kernel.options.folder)[Symbol.dispose]();
      await wire.carry(200);
      await nextWindow(1_000);
      await wire.carry(300);
      const next = await kernel.source();
      next.clock.start();
      for (const direction of ["ingress", "egress"] as const) moveLink(kernel, direction, next);
      for (const source of [before, next]) source[Symbol.dispose]();
      await wire.carry(400);
      await expectExact(kernel, wire);
      const observedMs = kernel.sink.windows.reduce((sum, { quality }) => sum + quality.observedMs, 0);
      expect(observedMs).toBeLessThanOrEqual(performance.now() - startedMs);
      expect(observedMs).toBeGreaterThan(performance.now() - startedMs - 1_500);
      const marked = kernel.sink.windows.filter(({ quality }) => quality.clockStepMs !== 0);
      expect(new Set(marked.map(({ source }) => source))).toEqual(new Set([before.id, next.id]));
      for (const { quality } of marked) expect(Math.abs(quality.clockStepMs - Math.abs(stepMs))).toBeLessThan(50);
      expect(kernel.sink.windows.at(-1)?.quality.clockStepMs).toBe(0);
    },
  );

  it("ends what counts in one direction only, and starts anew", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const wire = new Wire(pair);
    await attachAndDie(kernel);
    await wire.carry(200);
    unlinkSync(join(kernel.options.folder, "egress"));
    {
      using state = kernel.state();
      expect(state.open()).toBe(false);
      expect(listFolder(kernel.options.folder)).toHaveLength(1);
      expect(await state.drain()).toBe(true);
      expect(kernel.sink.totals.ipPackets).toBe(wire.sent);
      expect(await state.attach()).toBe(true);
    }
    await expectExact(kernel, wire);
  });

  it("hands over what an interface had that is gone", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const wire = new Wire(pair);
    await attachAndDie(kernel);
    await wire.carry(200);
    await pair.edge.exec("ip", ["link", "delete", "dev", pair.edge.interface]);
    using state = kernel.state();
    expect(state.open()).toBe(false);
    expect(await state.drain()).toBe(true);
    expect(kernel.sink.totals.ipPackets).toBe(wire.sent);
    expect(kernel.sink.windows.at(-1)?.kind).toBe("open");
    expect(listFolder(kernel.options.folder)).toEqual([]);
  });

  it("tells windows of two configurations apart, oldest first", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const wire = new Wire(pair);
    await attachAndDie(kernel);
    await wire.carry(200);
    {
      using state = kernel.state({ networks: [network("other", "0.0.0.0/0")] });
      expect(state.open()).toBe(true);
      expect(state.isCurrent([network("other", "0.0.0.0/0")])).toBe(false);
      await state.replace();
    }
    await wire.carry(300);
    await expectExact(kernel, wire);
    expect(
      kernel.sink.windows.map(({ networks }) => networks.join()).filter((name, at, all) => name !== all[at - 1]),
    ).toEqual(["everything", "other"]);
  });

  it("claims each moment of the time once, whatever replaced what", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using _inside = enter(pair.edge);
    using kernel = new TestKernel(pair.edge);
    const startedMs = Date.now();
    await attachAndDie(kernel);
    using state = kernel.state();
    expect(state.open()).toBe(true);
    for (let left = 5; left > 0; left--) {
      await nextWindow(1_000);
      await state.replace();
      expect(await state.drain()).toBe(true);
    }
    state.detach();
    expect(await state.drain()).toBe(true);
    const endedMs = Date.now();
    const observedMs = kernel.sink.windows.reduce((sum, { quality }) => sum + quality.observedMs, 0);
    expect(observedMs).toBeLessThanOrEqual(endedMs - startedMs);
    expect(observedMs).toBeGreaterThan(endedMs - startedMs - 1_000);
    for (const { quality } of kernel.sink.windows) expect(quality.observedMs).toBeLessThanOrEqual(1_000);
  });
});

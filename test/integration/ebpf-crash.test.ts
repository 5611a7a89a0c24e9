// The agent dies, or the ledger refuses, between the moments at which a window goes from the kernel to the disk.

import { join } from "node:path";
import { expect, it } from "vitest";
import { listFolder, makeFolder } from "../../src/capture/ebpf/bpffs.ts";
import { NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames, Traffic } from "../support/traffic.ts";
import { everything } from "./ebpf-kernel.ts";
import { type CapturedWindow, LiveCapture, livePaths, TestLedger } from "./live-capture.ts";

const options = { networks: [everything], ...livePaths["ebpf at TCX"] };

/** What makes a window the same one to the ledger, and what must then be the same of it. */
function contentOf(window: CapturedWindow | undefined) {
  if (!window) throw new Error("there is no such window");
  const { source, startMs, totals, rows, networks } = window;
  return { source, startMs, totals, rows, networks };
}

/** Frames of all windows, each counted once however often it came. */
function framesOf(...captures: readonly LiveCapture[]): number {
  const taken = captures.flatMap((live) => live.taken);
  const known = new Map(taken.map((window) => [`${window.source} ${window.startMs}`, window.totals.frames]));
  return [...known.values()].reduce((sum, frames) => sum + frames, 0);
}

liveDescribe("The kernel's windows when the agent dies", () => {
  it("come again as they were where it died after the commit", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using ledger = new TestLedger();
    const { ledgerId, stateDir } = ledger;
    await using first = await LiveCapture.running(pair.edge, { ...options, ledgerId, stateDir });
    await using traffic = await Traffic.start(pair.peer, { rate: 20_000, hosts: 50 });
    await first.whileAlive("two windows", () => first.windows.length >= 2);
    first.answer("die");
    expect(await first.ended).toMatchObject({ signal: "SIGKILL" });
    await using second = await LiveCapture.running(pair.edge, { ...options, ledgerId, stateDir });
    await second.whileAlive("three windows", () => second.windows.length >= 3);
    const { sent } = await traffic.stop();
    await second.stop();
    expect(first.windows.at(-1)?.answer).toBe("die");
    expect(contentOf(second.windows[0])).toEqual(contentOf(first.windows.at(-1)));
    expect(framesOf(first, second)).toBe(sent);
    expect(second.adopted).toEqual([pair.edge.interface]);
    expect(second.logged("gap")).toEqual([]);
  });

  it("come again where it died with the open window, and again where the next one does", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using ledger = new TestLedger();
    const { ledgerId, stateDir } = ledger;
    await using first = await LiveCapture.running(pair.edge, { ...options, windowMs: 300_000, ledgerId, stateDir });
    const { sent } = await sendFrames(pair.peer, { count: 1_000, hosts: 50 });
    first.answer("die");
    await expect(first.stop()).rejects.toThrow("SIGKILL");
    const again = { ...options, windowMs: 300_000, ledgerId, stateDir };
    await using second = LiveCapture.start(pair.edge, { ...again, answer: "die" });
    expect(await second.ended).toMatchObject({ signal: "SIGKILL" });
    const more = await sendFrames(pair.peer, { count: 500, hosts: 50 });
    await using third = await LiveCapture.running(pair.edge, again);
    await third.stop();
    const offered = [first, second, third].map(({ windows }) => windows[0]);
    expect(offered.map((window) => window?.kind)).toEqual(["open", "open", "open"]);
    expect(offered.map(contentOf)).toEqual(offered.map(() => contentOf(offered[0])));
    expect(offered[0]?.totals.frames).toBe(sent);
    expect(framesOf(first, second, third)).toBe(sent + more.sent);
  });

  it("stay where the ledger refuses them, while it runs and when it stops", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using ledger = new TestLedger();
    const { ledgerId, stateDir } = ledger;
    await using first = await LiveCapture.running(pair.edge, { ...options, answer: "refuse", ledgerId, stateDir });
    await using traffic = await Traffic.start(pair.peer, { rate: 20_000, hosts: 50 });
    await first.whileAlive("the first to be refused often", () => first.windows.length >= 3);
    expect(new Set(first.windows.map(({ startMs }) => startMs)).size).toBe(1);
    first.answer("accept");
    await first.whileAlive("windows to be taken", () => first.taken.length >= 4);
    first.answer("refuse");
    const refused = first.windows.length;
    await first.whileAlive("one to be refused", () => first.windows.length > refused);
    await first.stop();
    expect(listFolder(ledger.folder)).toHaveLength(1);
    await using second = await LiveCapture.running(pair.edge, { ...options, ledgerId, stateDir });
    const { sent } = await traffic.stop();
    await second.stop();
    const starts = first.taken.map(({ startMs }) => startMs);
    expect(starts).toEqual(starts.map((_, index) => (starts[0] ?? 0) + index * 1_000));
    expect(framesOf(first, second)).toBe(sent);
    expect(second.logged("disagree")).toEqual([]);
  });

  it("come from an interface that is captured no more, whatever another agent has pinned", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using ledger = new TestLedger();
    using other = new TestLedger();
    const { ledgerId, stateDir } = ledger;
    await using first = await LiveCapture.running(pair.edge, { ...options, ledgerId, stateDir });
    const { sent } = await sendFrames(pair.peer, { count: 77 });
    first.kill();
    await first.ended;
    // As if it were being made or removed.
    makeFolder(join(other.folder, "eth0", "0123456789abcdef", "program"));
    await using second = await LiveCapture.running(pair.edge, { ...options, ledgerId, stateDir, interfaces: ["lo"] });
    await second.stop();
    expect(framesOf(first, second)).toBe(sent);
    expect(listFolder(ledger.folder)).toEqual(["lo"]);
    expect(second.logged("cannot read")).toEqual([]);
  });

  it("leave nothing but what counts when it stops, and nothing where it counts on a socket", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    using ledger = new TestLedger();
    const { ledgerId, stateDir } = ledger;
    await using live = await LiveCapture.running(pair.edge, { ...options, ledgerId, stateDir });
    await sendFrames(pair.peer, { count: 100 });
    await live.stop();
    const [folder = "", ...others] = listFolder(ledger.folder);
    expect(others).toEqual([]);
    const pinned = listFolder(join(ledger.folder, folder));
    expect(pinned).toHaveLength(3);
    expect(pinned).toEqual(expect.arrayContaining(["egress", "ingress"]));
    using second = new TestLedger();
    const socket = { networks: [everything], ...livePaths["ebpf on a packet socket"] };
    await using other = await LiveCapture.running(pair.edge, {
      ...socket,
      ledgerId: second.ledgerId,
      stateDir: second.stateDir,
    });
    await sendFrames(pair.peer, { count: 100 });
    await other.stop();
    expect(other.totals.frames).toBe(100);
    expect(listFolder(second.folder)).toEqual([]);
  });
});

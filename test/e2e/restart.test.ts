// The agent stops, is killed and starts again: no counter resets, nothing is counted twice, and what passed while it
// was down is a gap that the ledger, the log and the pushed completeness all show.

import { describe, it } from "vitest";
import { isAlive } from "../support/agent-process.ts";
import { clockAt, Edge, WINDOW_MS, windowAt, windowNow, stillIn } from "../support/edge.ts";
import { type Flow, sendFromPeer, volumesOf } from "../support/flows.ts";
import { ledgerWindows, type WindowRow } from "../support/ledger-rows.ts";
import { contradictions, newestByAddress, newestTime, pushedSeries, pushedTotal } from "../support/pushed.ts";
import { Receiver } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { Traffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

const NETWORKS = [{ name: "acme", prefixes: ["10.1.0.0/24", "2001:db8:1::/64"], labels: { customer: "acme" } }];
const STEADY = { rate: 2_000, dstNet: "10.1.0.1", hosts: 4, size: 114 };
const STEADY_IP_BYTES = 100;
const DOWN_MS = 2_500;
/** What starting and stopping a capture takes at most beside the times that the ledger states. */
const TOLERANCE_MS = 150;

function isAccounted(address: string): boolean {
  return address.startsWith("10.1.0.") || address.startsWith("2001:db8:1:");
}

function burst(count: number): Flow[] {
  return [
    { source: "198.51.100.7", destination: "10.1.0.1", payload: 90, count },
    { source: "10.1.0.2", destination: "198.51.100.7", payload: 1_000, count: count + 3 },
    { source: "2001:db8:ffff::7", destination: "2001:db8:1::1", payload: 333, count: count + 5 },
  ];
}

/** An edge that pushes to a receiver which keeps every request. */
async function createEdge(prefix: string, receiver: Receiver): Promise<Edge> {
  const edge = await Edge.create(prefix);
  await edge.configure({ capture: { backend: "pcap" }, network: NETWORKS }, [{ name: "central", url: receiver.url }]);
  return edge;
}

/** Each comes in a request of its own where the window is not complete. */
const ARRIVING = ["acct_window_completeness_ratio", "acct_packets_total"];

/** Waits until the window that starts at `startMs` has arrived. */
async function windowArrived(receiver: Receiver, startMs: number): Promise<void> {
  await waitFor(`the window of ${new Date(startMs).toISOString()}`, () =>
    ARRIVING.every((name) => newestTime(receiver, name) >= startMs + WINDOW_MS - 1),
  );
}

/** How long nothing was observed from the end of the first window's observation to the end of the last window. */
function unobservedMs(windows: readonly WindowRow[]): number {
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last) throw new Error("there are no windows");
  const observed = windows.reduce((sum, { observedMs }) => sum + observedMs, 0);
  const firstObservedFrom = first.endMs - first.observedMs;
  return last.endMs - firstObservedFrom - observed;
}

/** Windows of the ledger that nothing more can change. */
function closedWindows(edge: Edge): readonly WindowRow[] {
  return ledgerWindows(edge.stateDir).filter(({ closed }) => closed === 1);
}

liveDescribe("an agent that starts again", () => {
  describe.concurrent("after a clean stop", () => {
    it("continues its counters and shows what passed meanwhile as a gap", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await createEdge("rsta", receiver);
      await using first = await edge.start().capturing();
      await windowAt(500, 1_500, windowNow() + WINDOW_MS);
      await using traffic = await Traffic.start(edge.pair.peer, STEADY);
      const stopWindow = await windowAt(1_500, 2_500, windowNow() + WINDOW_MS);
      const end = await first.stop();
      expect(end).toMatchObject({ code: 0, signal: null });
      expect(end.tookMs).toBeLessThan(10_000);
      await clockAt(Date.now() + DOWN_MS);
      await using second = await edge.start().capturing();
      await windowAt(1_500, 2_500, windowNow() + WINDOW_MS);
      const { sent } = await traffic.stop();
      const lastWindow = windowNow();
      await windowArrived(receiver, lastWindow);

      expect(contradictions(receiver)).toEqual([]);
      const counted = pushedTotal(receiver, "acct_packets_total", "in");
      expect(pushedTotal(receiver, "acct_bytes_total", "in")).toBe(counted * STEADY_IP_BYTES);
      const windows = closedWindows(edge).filter(({ startMs }) => startMs <= lastWindow);
      const missingMs = (sent - counted) / (STEADY.rate / 1_000);
      expect(missingMs).toBeGreaterThan(DOWN_MS);
      expect(Math.abs(missingMs - unobservedMs(windows))).toBeLessThan(TOLERANCE_MS);

      const ratios = [...pushedSeries(receiver, "acct_window_completeness_ratio").values()].flat();
      expect(ratios).toEqual(
        windows.map(({ endMs, observedMs }) => ({ timeMs: endMs - 1, value: observedMs / WINDOW_MS })),
      );
      const stopped = windows.find(({ startMs }) => startMs === stopWindow);
      expect(stopped?.observedMs).toBeGreaterThan(1_400);
      expect(stopped?.observedMs).toBeLessThan(WINDOW_MS - 1_000);
      const gap = await second.waitForLog("gap");
      expect(gap).toMatchObject({ level: "warn", interface: edge.interface });
      expect(Number(gap["gap_ms"])).toBeGreaterThan(DOWN_MS);
      expect(first.logged("gap")).toEqual([]);
    });

    it("loses nothing that passed before the stop, and goes on with the same window", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await createEdge("rstb", receiver);
      const warmUp = edge.start();
      await warmUp.capturing();
      const window = await windowAt(50, 400, windowNow() + WINDOW_MS);
      await sendFromPeer(edge.pair, burst(500));
      expect(await warmUp.stop()).toMatchObject({ code: 0, signal: null });
      await using second = await edge.start().capturing();
      await sendFromPeer(edge.pair, burst(700));
      stillIn(window);
      await windowArrived(receiver, window);

      const volumes = volumesOf([...burst(500), ...burst(700)], isAccounted);
      for (const what of ["bytes", "packets"] as const) {
        expect(newestByAddress(receiver, `acct_${what}_total`)).toEqual(
          Object.fromEntries([...volumes].map(([key, volume]) => [key, volume[what]])),
        );
      }
      expect(contradictions(receiver)).toEqual([]);
      const whole = closedWindows(edge).find(({ startMs }) => startMs === window);
      expect(whole?.frames).toBe(2 * 8 + 3 * (500 + 700));
      expect(whole?.observedMs).toBeGreaterThan(1_000);
      expect(whole?.observedMs).toBeLessThan(WINDOW_MS);
      const ratios = [...pushedSeries(receiver, "acct_window_completeness_ratio").values()].flat();
      expect(ratios.filter(({ timeMs }) => timeMs === window + WINDOW_MS - 1)).toEqual([
        { timeMs: window + WINDOW_MS - 1, value: (whole?.observedMs ?? 0) / WINDOW_MS },
      ]);
      expect(await second.stop()).toMatchObject({ code: 0, signal: null });
    });

    it("has everything when Ctrl-C reaches its capture children too", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await createEdge("rstc", receiver);
      await using first = edge.start({ ownGroup: true });
      await first.capturing();
      const window = await windowAt(300, 2_500);
      await sendFromPeer(edge.pair, burst(400));
      first.signalGroup("SIGINT");
      expect(await first.ended).toEqual({ code: 0, signal: null });
      await using second = await edge.start().capturing();
      await windowArrived(receiver, window);
      const volumes = volumesOf(burst(400), isAccounted);
      expect(newestByAddress(receiver, "acct_packets_total")).toEqual(
        Object.fromEntries([...volumes].map(([key, { packets }]) => [key, packets])),
      );
      expect(await second.stop()).toMatchObject({ code: 0, signal: null });
    });
  });

  describe.concurrent("after a stop while its receiver keeps it waiting", () => {
    it("stopped in time, and delivers what was left", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await createEdge("rstf", receiver);
      const first = await edge.start().capturing();
      const window = await windowAt(300, 2_500);
      await sendFromPeer(edge.pair, burst(300));
      const asked = receiver.requests.length;
      receiver.script({ status: 503, until: new Promise(() => undefined) });
      await waitFor("a push that gets no answer", () => receiver.requests.length > asked);
      const end = await first.stop();
      expect(end).toMatchObject({ code: 0, signal: null });
      expect(end.tookMs).toBeLessThan(10_000);
      await using second = await edge.start().capturing();
      await windowArrived(receiver, window);
      const volumes = volumesOf(burst(300), isAccounted);
      expect(newestByAddress(receiver, "acct_packets_total")).toEqual(
        Object.fromEntries([...volumes].map(([key, { packets }]) => [key, packets])),
      );
      expect(contradictions(receiver)).toEqual([]);
      expect(await second.stop()).toMatchObject({ code: 0, signal: null });
    });
  });

  describe.concurrent("after a stop that was forced", () => {
    it("was ended by the second signal, with a line that says so", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await createEdge("rstd", receiver);
      await using agent = await edge.start().capturing();
      const child = agent.captureChild();
      // A child that does not answer makes the stop take its time.
      process.kill(child, "SIGSTOP");
      try {
        agent.signal("SIGTERM");
        await agent.waitForLog("stopping");
        agent.signal("SIGINT");
        expect(await agent.ended).toEqual({ code: 1, signal: null });
      } finally {
        process.kill(child, "SIGCONT");
      }
      expect(agent.logged("forced to stop")).toMatchObject([{ level: "error", signal: "SIGINT" }]);
      await waitFor("the capture child to end", () => !isAlive(child));
      await using second = await edge.start().capturing();
      expect(await second.stop()).toMatchObject({ code: 0, signal: null });
    });

    it("contradicts nothing that it pushed before it was killed", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await createEdge("rste", receiver);
      await using first = await edge.start().capturing();
      await windowAt(500, 1_500, windowNow() + WINDOW_MS);
      await using traffic = await Traffic.start(edge.pair.peer, STEADY);
      await windowAt(2_000, 3_000, windowNow() + WINDOW_MS);
      const before = closedWindows(edge);
      expect(before.length).toBeGreaterThanOrEqual(2);
      const child = first.captureChild();
      first.signal("SIGKILL");
      expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
      await waitFor("the capture child to end by itself", () => !isAlive(child));
      await using second = await edge.start().capturing();
      await windowAt(1_500, 2_500, windowNow() + WINDOW_MS);
      const { sent } = await traffic.stop();
      const lastWindow = windowNow();
      await windowArrived(receiver, lastWindow);

      expect(contradictions(receiver)).toEqual([]);
      expect(closedWindows(edge).slice(0, before.length)).toEqual(before);
      const counted = pushedTotal(receiver, "acct_packets_total", "in");
      const windows = closedWindows(edge).filter(({ startMs }) => startMs <= lastWindow);
      const missingMs = (sent - counted) / (STEADY.rate / 1_000);
      // What the agent held in memory is lost with it, and the ledger does not say that it was observed.
      expect(missingMs).toBeGreaterThan(1_500);
      expect(Math.abs(missingMs - unobservedMs(windows))).toBeLessThan(TOLERANCE_MS);
      expect(await second.waitForLog("gap")).toMatchObject({ level: "warn" });
      expect(await second.stop()).toMatchObject({ code: 0, signal: null });
    });
  });
});

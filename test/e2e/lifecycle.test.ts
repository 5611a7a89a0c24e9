// What an operator does to a running agent, and what happens around it: second start, reload, a capture child that dies,
// an interface that goes and comes back, a receiver that is away. The agent goes on, and loses no byte silently.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "vitest";
import { type AgentProcess, runCommand } from "../support/agent-process.ts";
import { Edge, type Endpoint, WINDOW_MS, windowAt, windowNow, stillIn } from "../support/edge.ts";
import { type Flow, ipBytesOf, sendFromPeer } from "../support/flows.ts";
import { freePort } from "../support/free-port.ts";
import { ledgerAddresses, ledgerWindows } from "../support/ledger-rows.ts";
import { contradictions, newestByAddress, newestTime, pushedSeries } from "../support/pushed.ts";
import { Receiver } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const ACME = { name: "acme", prefixes: ["10.1.0.0/24"], labels: { customer: "acme" } };
const LATER = { name: "later", prefixes: ["10.2.0.0/24"], labels: { customer: "later" } };
const LISTEN = "127.0.0.1:9112";
/** Of Debian's package prometheus. */
const PROMTOOL = "promtool";

function to(destination: string, count: number): Flow {
  return { source: "198.51.100.7", destination, payload: 200, count };
}

const BYTES_EACH = ipBytesOf(to("10.1.0.1", 1));

function central(receiver: Receiver, name = "central"): Endpoint {
  return { name, url: receiver.url };
}

/** Each comes in a request of its own where the window is not complete. */
const ARRIVING = ["acct_window_completeness_ratio", "acct_packets_total"];

/** Waits until the endpoint has the window that starts at `startMs`. */
async function windowArrived(receiver: Receiver, startMs: number): Promise<void> {
  await waitFor(`the window of ${new Date(startMs).toISOString()}`, () =>
    ARRIVING.every((name) => newestTime(receiver, name) >= startMs + WINDOW_MS - 1),
  );
}

async function nextWindow(fromMs = 200, toMs = 2_000): Promise<number> {
  return windowAt(fromMs, toMs, windowNow() + WINDOW_MS);
}

/** The first value of a metric in the text format. */
async function metric(agent: AgentProcess, name: string): Promise<number> {
  const { body } = await agent.get("/metrics");
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, "m").exec(body)?.[1]);
}

/** Asks the agent's TCP listener from inside its namespace. */
async function ask(edge: Edge, path: string): Promise<{ status: number; body: string }> {
  const script = `fetch(process.argv[1]).then(async (r) => console.log(JSON.stringify({ status: r.status, body: await r.text() })))`;
  const { stdout } = await edge.pair.edge.exec(process.execPath, ["-e", script, `http://${LISTEN}${path}`]);
  return JSON.parse(stdout);
}

/** What promtool complains about; "" where it finds nothing. */
async function promtoolCheck(metrics: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(PROMTOOL, ["check", "metrics"], { stdio: "pipe" });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(metrics);
  const [code] = await once(child, "close");
  return { code, output };
}

/** Makes the pair's interfaces again, as they were, after they were deleted. */
async function recreateInterface({ pair: { edge, peer } }: Edge): Promise<void> {
  const far = ["peer", "name", peer.interface, "address", peer.mac, "netns", peer.name];
  await edge.exec("ip", ["link", "add", "name", edge.interface, "address", edge.mac, "type", "veth", ...far]);
  for (const end of [edge, peer]) {
    await end.exec("ip", ["link", "set", "dev", end.interface, "multicast", "off", "arp", "off", "up"]);
  }
}

liveDescribe("a running agent", () => {
  describe.concurrent("and its state folder", () => {
    it("keeps a second agent out, which says why in one line", async ({ expect }) => {
      await using edge = await Edge.create("lifa");
      await edge.configure({ network: [ACME] });
      await using first = await edge.start().capturing();
      await using second = edge.start();
      const { code } = await second.ended;
      expect(code).toBe(1);
      expect(second.output).toEqual([
        `${edge.stateDir}: another acct-agent is running on this state folder; stop it, or set agent.state_dir to another one`,
      ]);
      const window = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100)]);
      await waitFor("the window to be committed", () =>
        ledgerWindows(edge.stateDir).some(({ startMs, closed }) => startMs === window && closed === 1),
      );
      expect(ledgerAddresses(edge.stateDir)).toMatchObject({ "10.1.0.1": { bytesIn: 100 * BYTES_EACH } });
      expect(await first.stop()).toMatchObject({ code: 0 });
    });

    it("answers for its health, metrics and status, and keeps its files to itself", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await Edge.create("lifb");
      const agent_ = { instance: "edge", state_dir: "state", listen: LISTEN };
      await edge.configure({ network: [ACME], agent: agent_ }, [central(receiver)]);
      await using agent = await edge.start().capturing();
      const window = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100)]);
      await windowArrived(receiver, window);

      expect(await ask(edge, "/healthz")).toMatchObject({ status: 200 });
      const { body, status: code } = await ask(edge, "/metrics");
      expect(code).toBe(200);
      expect(await promtoolCheck(body)).toEqual({ code: 0, output: "" });
      const { stdout, code: exit } = await runCommand("status", "--config", edge.configFile, "--json");
      expect(exit).toBe(0);
      const status: unknown = JSON.parse(stdout);
      expect(status).toMatchObject({
        instance: "edge",
        interfaces: [{ name: edge.interface, backend: "ebpf", last_window_end: expect.any(String) }],
        endpoints: [{ name: "central", pending_requests: expect.any(Number), pending_samples: expect.any(Number) }],
        top: [{ address: "10.1.0.1", network: "acme", bytes_in: 100 * BYTES_EACH, bytes_out: 0 }],
      });
      expect(status).toHaveProperty("interfaces[0].completeness", expect.any(Number));
      expect(status).toHaveProperty("endpoints[0].oldest_pending");
      expect(status).toHaveProperty("clock.synchronized", expect.any(Boolean));
      expect(status).toHaveProperty("endpoints[0].state", expect.stringMatching(/^(idle|sending)$/));
      const table = await runCommand("status", "--config", edge.configFile);
      expect(table.stdout).toMatch(/^edge: ok\nclock: (not )?synchronised/m);
      expect(body).toMatch(/^acct_agent_clock_synchronized [01]$/m);
      expect(table.stdout).toMatch(/^10\.1\.0\.1 +acme /m);

      const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
      expect(await mode(edge.stateDir)).toBe(0o700);
      const files = await readdir(edge.stateDir);
      expect(files).toEqual(expect.arrayContaining(["agent.lock", "agent.sock", "ledger.sqlite", "ledger.sqlite-wal"]));
      for (const file of files) {
        expect({ file, mode: await mode(join(edge.stateDir, file)) }).toEqual({ file, mode: 0o600 });
      }
      expect(await agent.stop()).toMatchObject({ code: 0 });
      const gone = await runCommand("status", "--config", edge.configFile);
      expect(gone).toMatchObject({ code: 1, stdout: "" });
      expect(gone.complaints).toHaveLength(1);
    });
  });

  describe.concurrent("that is told to reload", () => {
    it("counts an added network from the reload on, at the latest from the next window, and pushes to added endpoints", async ({
      expect,
    }) => {
      await using receiver = await Receiver.start();
      await using added = await Receiver.start();
      await using fromNow = await Receiver.start();
      await using edge = await Edge.create("lifc");
      // For one that is away everything is retained.
      const before = [central(receiver), { name: "away", url: `http://127.0.0.1:${await freePort()}/` }];
      const after_ = [...before, central(added, "added"), { ...central(fromNow, "now"), start: "now" as const }];
      await edge.configure({ network: [ACME] }, before);
      await using agent = await edge.start().capturing();
      await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 10), to("10.2.0.1", 20)]);
      const reloaded = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100), to("10.2.0.1", 200)]);
      await edge.configure({ network: [ACME, LATER] }, after_);
      agent.signal("SIGHUP");
      expect(await agent.waitForLog("configuration reloaded")).toMatchObject({ networks: 2, endpoints: 4 });
      // Of the added network nothing passes while it is being taken on.
      await sendFromPeer(edge.pair, [to("10.1.0.1", 1_000)]);
      stillIn(reloaded);
      const after = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 10_000), to("10.2.0.1", 20_000)]);
      for (const one of [receiver, added, fromNow]) await windowArrived(one, after);

      for (const one of [receiver, added, fromNow]) {
        expect(newestByAddress(one, "acct_packets_total")).toEqual({
          "10.1.0.1 in": 11_110,
          "10.1.0.1 out": 0,
          "10.2.0.1 in": 20_000,
          "10.2.0.1 out": 0,
        });
        expect(contradictions(one)).toEqual([]);
      }
      // New endpoints see the totals of before, then their growth: nothing appears as a jump from nothing.
      const values = (one: Receiver): number[] => {
        const isCounter = (key: string): boolean => key.includes('ip="10.1.0.1"') && key.includes('direction="in"');
        const found = [...pushedSeries(one, "acct_packets_total")].find(([key]) => isCounter(key));
        return [...new Set(found?.[1].map(({ value }) => value))];
      };
      expect([values(added), values(fromNow)]).toEqual([
        [0, 10, 1_110, 11_110],
        [10, 1_110, 11_110],
      ]);
      const ends = [...pushedSeries(fromNow, "acct_window_completeness_ratio").values()].flat();
      expect(Math.min(...ends.map(({ timeMs }) => timeMs))).toBe(reloaded + WINDOW_MS - 1);
      const windows = ledgerWindows(edge.stateDir);
      expect(windows.find(({ startMs }) => startMs === reloaded)).toMatchObject({
        unaccountedBytes: 200 * BYTES_EACH,
        observedMs: WINDOW_MS,
      });
      expect(windows.find(({ startMs }) => startMs === after)).toMatchObject({ unaccountedBytes: 0 });
    });

    it("stops the series of a network that is removed, with its last bytes counted", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await Edge.create("lifd");
      await edge.configure({ network: [ACME, LATER] }, [central(receiver)]);
      await using agent = await edge.start().capturing();
      const reloaded = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100), to("10.2.0.1", 200)]);
      await edge.configure({ network: [ACME] }, [central(receiver)]);
      agent.signal("SIGHUP");
      await agent.waitForLog("configuration reloaded");
      const after = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 1_000), to("10.2.0.1", 2_000)]);
      await windowArrived(receiver, after);

      expect(newestByAddress(receiver, "acct_packets_total")).toMatchObject({
        "10.1.0.1 in": 1_100,
        "10.2.0.1 in": 200,
      });
      const removed = [...pushedSeries(receiver, "acct_packets_total")].filter(([key]) => key.includes("10.2.0.1"));
      const times = removed.flatMap(([, samples]) => samples.map(({ timeMs }) => timeMs));
      expect(Math.max(...times)).toBe(reloaded + WINDOW_MS - 1);
    });

    it("goes on as it was when the changed configuration is wrong, and logs every problem of it", async ({
      expect,
    }) => {
      await using receiver = await Receiver.start();
      await using edge = await Edge.create("life");
      await edge.configure({ network: [ACME] }, [central(receiver)]);
      await using agent = await edge.start().capturing();
      await writeFile(edge.configFile, '[account]\nwindow = "7s"\n[agent]\nstate_dirr = "elsewhere"\n[[interface]]\n');
      agent.signal("SIGHUP");
      const line = await agent.waitForLog("configuration not reloaded");
      expect(line).toMatchObject({
        level: "error",
        problems: [
          expect.stringContaining("agent.state_dirr"),
          expect.stringContaining("interface[0].name"),
          expect.stringContaining("account.window"),
        ],
      });
      const window = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100)]);
      await windowArrived(receiver, window);
      expect(newestByAddress(receiver, "acct_packets_total")).toMatchObject({ "10.1.0.1 in": 100 });
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });
  });

  describe.concurrent("whose surroundings fail", () => {
    it("starts a capture child again that was killed, and says what was not observed", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await Edge.create("liff");
      await edge.configure({ capture: { backend: "pcap" }, network: [ACME] }, [central(receiver)]);
      await using agent = await edge.start().capturing();
      const before = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100)]);
      await windowArrived(receiver, before);
      const killedIn = await windowAt(200, 1_500, before + WINDOW_MS);
      const child = agent.captureChild();
      process.kill(child, "SIGKILL");
      expect(await agent.waitForLog("capture ended, starting it again")).toMatchObject({
        level: "error",
        interface: edge.interface,
        reason: expect.stringContaining("SIGKILL"),
      });
      await agent.capturing(2);
      expect(agent.captureChildren()).not.toContain(child);
      await sendFromPeer(edge.pair, [to("10.1.0.1", 1_000)]);
      stillIn(killedIn);
      const gap = await agent.waitForLog("gap");
      expect(gap).toMatchObject({ level: "warn", interface: edge.interface, gap_ms: expect.any(Number) });
      await windowArrived(receiver, killedIn);
      expect(newestByAddress(receiver, "acct_packets_total")).toMatchObject({ "10.1.0.1 in": 1_100 });
      const [ratios = []] = [...pushedSeries(receiver, "acct_window_completeness_ratio").values()];
      const ofWindow = ratios.find(({ timeMs }) => timeMs === killedIn + WINDOW_MS - 1);
      expect(ofWindow?.value).toBeCloseTo(1 - Number(gap["gap_ms"]) / WINDOW_MS, 6);
      expect(ofWindow?.value).toBeLessThan(1);
      expect(await metric(agent, "acct_capture_restarts_total")).toBe(1);
      expect(await metric(agent, "acct_capture_gap_seconds_total")).toBeCloseTo(Number(gap["gap_ms"]) / 1_000, 6);
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("captures an interface again that was deleted and made anew", async ({ expect }) => {
      await using receiver = await Receiver.start();
      await using edge = await Edge.create("lifg");
      await edge.configure({ network: [ACME] }, [central(receiver)]);
      await using agent = await edge.start().capturing();
      const before = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100)]);
      await windowArrived(receiver, before);
      await edge.pair.edge.exec("ip", ["link", "delete", "dev", edge.interface]);
      await agent.waitForLog("capture ended, starting it again");
      const sick = await agent.get("/healthz");
      expect(sick.status).toBe(503);
      expect(sick.body).toContain(edge.interface);
      await recreateInterface(edge);
      await agent.capturing(2);
      const after = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 1_000)]);
      await windowArrived(receiver, after);
      expect(newestByAddress(receiver, "acct_packets_total")).toMatchObject({ "10.1.0.1 in": 1_100 });
      expect(contradictions(receiver)).toEqual([]);
      expect(agent.logged("gap")).toMatchObject([{ level: "warn" }]);
      expect(await agent.get("/healthz")).toMatchObject({ status: 200 });
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });

    it("delivers everything in order to a receiver that was away from the start", async ({ expect }) => {
      await using edge = await Edge.create("lifh");
      const port = await freePort();
      await edge.configure({ network: [ACME] }, [{ name: "central", url: `http://127.0.0.1:${port}/api/v1/write` }]);
      await using agent = await edge.start().capturing();
      const first = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 100)]);
      await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 1_000), to("10.1.0.2", 1)]);
      await agent.waitForLog("request not accepted, retrying");
      const { body } = await agent.get("/api/status");
      expect(JSON.parse(body)).toMatchObject({ endpoints: [{ name: "central", state: "retrying" }] });
      await using receiver = await Receiver.start({ port });
      await agent.waitForLog("endpoint accepts requests again");
      const last = await nextWindow();
      await sendFromPeer(edge.pair, [to("10.1.0.1", 10_000)]);
      await windowArrived(receiver, last);

      expect(contradictions(receiver)).toEqual([]);
      const ends = [...pushedSeries(receiver, "acct_window_completeness_ratio").values()].flat();
      const windows = ledgerWindows(edge.stateDir).filter(({ startMs }) => startMs <= last);
      expect(ends.map(({ timeMs }) => timeMs)).toEqual(windows.map(({ endMs }) => endMs - 1));
      const packets = [...pushedSeries(receiver, "acct_packets_total")].find(
        ([key]) => key.includes('ip="10.1.0.1"') && key.includes('direction="in"'),
      );
      expect(packets?.[1].find(({ timeMs }) => timeMs === first + WINDOW_MS - 1)?.value).toBe(100);
      expect(packets?.[1].find(({ timeMs }) => timeMs === last - 1)?.value).toBe(1_100);
      expect(newestByAddress(receiver, "acct_packets_total")).toMatchObject({
        "10.1.0.1 in": 11_100,
        "10.1.0.2 in": 1,
      });
      expect(await agent.stop()).toMatchObject({ code: 0 });
    });
  });
});

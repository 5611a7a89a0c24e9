// How an agent goes on from the run before, as it is built (dist, so build first): capture is stood in for, the rest is
// the agent's own.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { stringify } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent as HttpAgent, request } from "undici";

import { Ledger } from "../../src/ledger/ledger.ts";
import { BILLING_INTERVAL_MS, type Clock, floorTo, systemClock } from "../../src/model/time.ts";
import { ledgerOptions, ledgerRows } from "../support/ledger-options.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";
import { windowUsage } from "../support/window-usage.ts";
import { memoryLog } from "../unit/ship/memory-log.ts";

const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const { Agent }: typeof import("../../src/agent.ts") = await import(built("agent.js"));
const { agentOptions }: typeof import("../../src/agent-options.ts") = await import(built("agent-options.js"));
const { loadConfig }: typeof import("../../src/config/config.ts") = await import(built("config/config.js"));
const { Capture }: typeof import("../../src/capture/capture.ts") = await import(built("capture/capture.js"));

const INTERFACES = ["eth0", "eth1"];
const ROW = { ip: "192.0.2.1", bytesIn: 7 };
const GAP = "warn: gap: traffic since the run before was not observed";
const STARTED = "info: agent started";

const columns = (folder: TempFolder, sql: string): unknown[] =>
  ledgerRows(folder.file("state"), sql).map((row) => Object.values(row));

/** Interfaces of which an interval is still to be pushed, and of which a window is held. */
const unsettled = (folder: TempFolder): unknown[] =>
  columns(
    folder,
    `SELECT name, sum(emitted = 0), (SELECT count(*) FROM window w WHERE w.interface_id = id AND closed = 0)
     FROM interval JOIN interface ON id = interface_id GROUP BY name ORDER BY name`,
  );

const LEFT_OPEN = [
  ["eth0", 1n, 1n],
  ["eth1", 1n, 1n],
];

/** The window in which the run before stopped. */
const STOPPED_MS = floorTo(Date.now() - 3_600_000, BILLING_INTERVAL_MS);

/** A state folder as a run leaves it that stopped an hour ago, on two interfaces. */
async function stoppedRun(folder: TempFolder): Promise<void> {
  using ledger = new Ledger(ledgerOptions(folder.file("state")));
  for (const name of INTERFACES) ledger.hold(windowUsage(STOPPED_MS, [ROW], { interface: name }));
  const config = {
    agent: { instance: "edge-01", state_dir: "state", listen: "" },
    interface: INTERFACES.map((name) => ({ name })),
    network: [{ name: "acme", prefixes: ["192.0.2.0/24"] }],
  };
  await writeFile(folder.file("agent.toml"), stringify(config));
}

/** Starts an agent whose capture takes over as `adopt` does, and does nothing after that. */
function start(
  folder: TempFolder,
  adopt: (signal: AbortSignal) => Promise<ReadonlySet<string>>,
  clock: Clock = systemClock,
) {
  vi.spyOn(Capture.prototype, "adopt").mockImplementation(adopt);
  const capturing = vi.spyOn(Capture.prototype, "run").mockImplementation(async (signal) => {
    if (!signal.aborted) await once(signal, "abort");
  });
  const stop = new AbortController();
  const { log, headlines } = memoryLog();
  const options = agentOptions(loadConfig(folder.file("agent.toml")));
  const agent = new Agent(options, { log, clock });
  const ended = agent.run(stop.signal);
  ended.catch(() => undefined);
  return {
    agent,
    options,
    headlines,
    ended,
    stop: () => stop.abort(),
    /** Whether capture runs, as far as a stopped agent lets it. */
    isCapturing: () => capturing.mock.calls.length > 0 && !stop.signal.aborted,
  };
}

async function healthOf(folder: TempFolder): Promise<number> {
  const dispatcher = new HttpAgent({ connect: { socketPath: folder.file("state/agent.sock") } });
  const { statusCode, body } = await request("http://agent/healthz", { dispatcher });
  await body.dump();
  await dispatcher.close();
  return statusCode;
}

/** A promise and what resolves it. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe("an agent that starts", () => {
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder();
    await stoppedRun(folder);
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await folder[Symbol.asyncDispose]();
  });

  it("answers, and settles nothing, until the kernel's windows are in; then what it did not go on counting", async () => {
    const { opened, open } = gate();
    const run = start(folder, async () => {
      await opened;
      return new Set(["eth0"]);
    });
    await waitFor("the agent to start", () => run.headlines().includes(STARTED));
    expect(await healthOf(folder)).toBe(200);
    expect(unsettled(folder)).toEqual(LEFT_OPEN);
    expect(run.headlines()).not.toContain(GAP);
    expect(run.isCapturing()).toBe(false);
    open();
    await waitFor("capture", run.isCapturing);
    expect(unsettled(folder)).toEqual([
      ["eth0", 1n, 1n],
      ["eth1", 0n, 0n],
    ]);
    expect(run.headlines().filter((line) => line === GAP)).toHaveLength(1);
    run.stop();
    await run.ended;
  });

  it("reports a gap of every interface and settles all where the kernel had nothing", async () => {
    const run = start(folder, async () => new Set());
    await waitFor("capture", run.isCapturing);
    expect(run.headlines().filter((line) => line === GAP)).toHaveLength(2);
    expect(unsettled(folder)).toEqual([
      ["eth0", 0n, 0n],
      ["eth1", 0n, 0n],
    ]);
    run.stop();
    await run.ended;
  });

  it("settles nothing that ended while it took over: the kernel may have more of that", async () => {
    let nowMs = STOPPED_MS + 30_000;
    const adopt = async () => {
      nowMs += 3_600_000;
      return new Set<string>();
    };
    const run = start(folder, adopt, { now: () => nowMs });
    await waitFor("capture", run.isCapturing);
    expect(unsettled(folder)).toEqual(LEFT_OPEN);
    run.stop();
    await run.ended;
  });

  it("leaves all as it is when it is stopped before they are in", async () => {
    const run = start(folder, async (signal) => {
      await once(signal, "abort");
      return new Set();
    });
    await waitFor("the agent to start", () => run.headlines().includes(STARTED));
    run.stop();
    await run.ended;
    expect(unsettled(folder)).toEqual(LEFT_OPEN);
    expect(run.headlines()).toEqual([STARTED, "info: agent stopped"]);
  });

  it("ends with what taking over failed with, and leaves all as it is", async () => {
    const run = start(folder, () => Promise.reject(new Error("the map cannot be read")));
    await expect(run.ended).rejects.toThrow("the map cannot be read");
    expect(unsettled(folder)).toEqual(LEFT_OPEN);
  });

  it("takes on a changed configuration after that, before it captures", async () => {
    const { opened, open } = gate();
    const reloaded = vi.spyOn(Capture.prototype, "reload");
    const run = start(folder, async () => {
      await opened;
      return new Set();
    });
    await waitFor("the agent to start", () => run.headlines().includes(STARTED));
    await run.agent.reload(run.options);
    expect(reloaded).not.toHaveBeenCalled();
    open();
    await waitFor("capture", run.isCapturing);
    expect(reloaded).toHaveBeenCalledOnce();
    expect(run.headlines()).toContain("info: configuration reloaded");
    run.stop();
    await run.ended;
  });
});

// A disk that fails under the built agent, which counts in the kernel meanwhile: it says what is wrong, commits nothing
// that nobody would find, and every byte is in the ledger when the cause is gone.

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { AccountedEdge, type SentTraffic } from "../support/accounted-edge.ts";
import type { AgentProcess, LogLine } from "../support/agent-process.ts";
import type { Burst } from "../support/burst.ts";
import type { NetworkOf } from "../support/ground-truth.ts";
import { ledgerDifferences, observationDifferences } from "../support/ledger-differences.ts";
import { LedgerHold } from "../support/ledger-hold.ts";
import { ledgerWindows } from "../support/ledger-rows.ts";
import { Mount } from "../support/mount.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const run = promisify(execFile);
const CONFIG = { network: [{ name: "acme", prefixes: ["10.1.0.0/16"] }] };
const networkOf: NetworkOf = (address) => (address.startsWith("10.1.") ? "acme" : null);
const BURST: Burst = {
  from: "peer",
  source: "198.51.100.7",
  destination: "10.1.0.1",
  vary: "destination",
  hosts: 5,
  rate: 300,
  ipBytes: 200,
};

const REFUSED = "cannot commit a window, trying again";
const ACCEPTED = "the ledger accepts windows again";

/** Waits until the ledger refuses a window, and that health says why; the reason is one line. */
async function refusal(agent: AgentProcess): Promise<LogLine> {
  const line = await agent.waitForLog(REFUSED);
  const { status, body } = await agent.get("/healthz");
  expect([status, body]).toEqual([503, `the ledger refuses windows: ${String(line["reason"])}\n`]);
  expect(line["reason"]).toMatch(/^[^\n]+; [^\n]+$/);
  expect(line["err"]).toBeUndefined();
  return line;
}

async function isHealthy(agent: AgentProcess): Promise<boolean> {
  return (await agent.get("/healthz")).status === 200;
}

/** Nothing is missing, and nothing counted twice. */
async function expectExact(accounted: AccountedEdge, traffic: SentTraffic): Promise<void> {
  const { truth } = traffic;
  await traffic.stop();
  const content = await accounted.settled(truth);
  const expected = accounted.expectation(truth, networkOf);
  expect(ledgerDifferences(expected, content)).toEqual([]);
  expect(observationDifferences(expected, content.windows)).toEqual([]);
}

/** An agent whose traffic goes on, and whose first windows are in the ledger. */
async function counting(accounted: AccountedEdge): Promise<{ agent: AgentProcess; traffic: SentTraffic }> {
  await accounted.configure(CONFIG);
  const agent = await accounted.start();
  const traffic = await accounted.send([BURST]);
  await accounted.windowsSent(traffic.truth, 1);
  await waitFor("the first window", () => ledgerWindows(accounted.edge.stateDir).some(({ ipBytes }) => ipBytes > 0));
  return { agent, traffic };
}

/** How an agent ends that cannot start, and what it said. */
async function refusedStart({ edge }: AccountedEdge): Promise<{ code: number | null; output: readonly string[] }> {
  const agent = edge.start();
  const { code } = await agent.ended;
  return { code, output: agent.output };
}

async function end(accounted: AccountedEdge, agent: AgentProcess): Promise<void> {
  expect(await agent.stop()).toMatchObject({ code: 0 });
  expect(await accounted.edge.command("detach")).toMatchObject({ code: 0 });
}

liveDescribe("the built agent", () => {
  describe("on a disk that is full", () => {
    it("says so, keeps windows in the kernel, and goes on by itself when there is room", async () => {
      await using accounted = await AccountedEdge.create("df1");
      await using disk = await Mount.memory(accounted.edge.stateDir, "4m");
      const { agent, traffic } = await counting(accounted);
      const filler = join(disk.path, "filler");
      await run("dd", ["if=/dev/zero", `of=${filler}`, "bs=4096"]).catch(() => undefined);
      const { reason } = await refusal(agent);
      expect(reason).toMatch(/cannot write the ledger \(database or disk is full\); free some disk space, or /);
      await accounted.windowsSent(traffic.truth, traffic.truth.starts.length + 2);
      await rm(filler);
      await agent.waitForLog(ACCEPTED);
      await waitFor("good health", () => isHealthy(agent));
      await expectExact(accounted, traffic);
      await end(accounted, agent);
    });
  });

  describe("whose ledger another program has locked", () => {
    it("says so after 10 s, and goes on by itself when the lock is gone", async () => {
      await using accounted = await AccountedEdge.create("df2");
      const { agent, traffic } = await counting(accounted);
      {
        using _hold = new LedgerHold(accounted.edge.stateDir);
        const { reason } = await refusal(agent);
        expect(reason).toMatch(/cannot write the ledger \(database is locked\); another program holds it; stop that /);
        await accounted.windowsSent(traffic.truth, traffic.truth.starts.length + 1);
      }
      await agent.waitForLog(ACCEPTED);
      await expectExact(accounted, traffic);
      await end(accounted, agent);
    });
  });

  describe("whose state folder's file system goes away", () => {
    it("commits nothing to what nobody sees, and goes on by itself when it is mounted again", async () => {
      await using accounted = await AccountedEdge.create("df3");
      const { stateDir } = accounted.edge;
      await using disk = await Mount.memory(accounted.edge.file("disk"), "16m");
      await using mounted = await Mount.bind(disk.path, stateDir);
      const { agent, traffic } = await counting(accounted);
      await mounted.detach();
      const line = await agent.waitForLog(REFUSED);
      expect(line["reason"]).toMatch(/its file system is not mounted there any more; mount it again, windows wait/);
      expect(await readdir(stateDir)).toEqual([]);
      await accounted.windowsSent(traffic.truth, traffic.truth.starts.length + 1);
      await using _again = await Mount.bind(disk.path, stateDir);
      await agent.waitForLog(ACCEPTED);
      await expectExact(accounted, traffic);
      await end(accounted, agent);
    });
  });

  describe("whose file system turns read-only", () => {
    it("says so, leaves windows to the kernel when it stops, and has them after a repair", async () => {
      await using accounted = await AccountedEdge.create("df4");
      const { stateDir } = accounted.edge;
      const image = accounted.edge.file("image");
      await using disk = await Mount.image(image, stateDir);
      const { agent, traffic } = await counting(accounted);
      await disk.failReadOnly();
      const { reason } = await refusal(agent);
      expect(reason).toMatch(/cannot write the ledger \(EROFS: read-only file system[^\n]+\); it is on a read-only/);
      await accounted.windowsSent(traffic.truth, traffic.truth.starts.length + 1);
      expect(await agent.stop()).toMatchObject({ code: 0 });
      expect(agent.logged("a window stays in the kernel: the ledger refused it").length).toBeGreaterThan(0);
      const output = [expect.stringMatching(/read-only file system/)];
      expect(await refusedStart(accounted)).toEqual({ code: 1, output });
      await disk.detach();
      await run("fsck.ext4", ["-y", image]).catch(() => undefined);
      await using _repaired = await Mount.image(image, stateDir, false);
      const next = await accounted.start();
      await expectExact(accounted, traffic);
      await end(accounted, next);
    });
  });

  describe("whose state folder is deleted", () => {
    it("ends with one line; the next agent has what the kernel counted since", async () => {
      await using accounted = await AccountedEdge.create("df5");
      const { stateDir } = accounted.edge;
      const { agent, traffic } = await counting(accounted);
      const deletedMs = Date.now();
      await rm(stateDir, { recursive: true });
      expect(await agent.ended).toEqual({ code: 1, signal: null });
      expect(agent.output.at(-1)).toMatch(/ledger\.sqlite: was deleted or moved while the agent ran; [^\n]+$/);
      const next = await accounted.start();
      await accounted.windowsSent(traffic.truth, traffic.truth.starts.length + 1);
      await traffic.stop();
      const { windows } = await accounted.settled(traffic.truth);
      const since = traffic.truth.starts.filter((startMs) => startMs > deletedMs);
      const bytes = (startMs: number): number =>
        traffic.truth.flowsOf(startMs).reduce((sum, { packets, ipBytes }) => sum + packets * ipBytes, 0);
      const found = new Map(windows.map((window) => [window.startMs, window.ipBytes]));
      expect(since.map((startMs) => found.get(startMs))).toEqual(since.map(bytes));
      await end(accounted, next);
    });
  });

  describe("whose ledger is damaged", () => {
    it("sets it aside as it is, says so, and goes on; check only reports it", async () => {
      await using accounted = await AccountedEdge.create("df6");
      const { stateDir } = accounted.edge;
      const { agent, traffic } = await counting(accounted);
      await agent.stop();
      const file = join(stateDir, "ledger.sqlite");
      const content = await readFile(file);
      content.fill(0x5a, 8_192);
      await writeFile(file, content);
      const names = await readdir(stateDir);
      const check = await accounted.edge.command("check");
      expect(check.code).toBe(2);
      expect(check.stdout).toMatch(/^FAIL {2}ledger: \S+: is damaged \([^\n]+\); the agent sets it aside/m);
      expect(await readdir(stateDir)).toEqual(names);
      expect(Buffer.compare(await readFile(file), content)).toBe(0);
      const next = await accounted.start();
      const line = await next.waitForLog("the ledger was damaged and is set aside");
      expect(line).toMatchObject({ level: "error", stage: "buffer" });
      expect(Buffer.compare(await readFile(String(line["set_aside"])), content)).toBe(0);
      await accounted.windowsSent(traffic.truth, traffic.truth.starts.length + 1);
      await traffic.stop();
      await accounted.settled(traffic.truth);
      await end(accounted, next);
    });
  });

  describe("whose state folder cannot be used at the start", () => {
    it("ends with one line", async () => {
      await using accounted = await AccountedEdge.create("df7");
      await using _disk = await Mount.memory(accounted.edge.stateDir, "4m");
      await accounted.configure(CONFIG);
      await mkdir(join(accounted.edge.stateDir, "ledger.sqlite"));
      const line = /cannot open the ledger \(EISDIR[^\n]+; check that agent.state_dir is a folder/;
      expect(await refusedStart(accounted)).toEqual({ code: 1, output: [expect.stringMatching(line)] });
    });
  });
});

// The agent that root starts, as the kernel sees it: three capabilities in every thread, or another user with them, and no way
// back. Counting, restarts, reload and detach go on with what is left.

import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { Edge } from "../support/edge.ts";
import { sendFromPeer } from "../support/flows.ts";
import { kernelStateOf } from "../support/kernel-state.ts";
import { ledgerAddresses } from "../support/ledger-rows.ts";
import { openFiles, threadPrivileges } from "../support/process-status.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const NETWORK = { name: "acme", prefixes: ["10.1.0.0/24"] };
const NOBODY = 65_534;
const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_DAC_READ_SEARCH = 1n << 2n;
const CAP_FOWNER = 1n << 3n;
const CAP_NET_BIND_SERVICE = 1n << 10n;
/** CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF. */
const THREE = (1n << 12n) | (1n << 13n) | (1n << 39n);

function agentTable(edge: Edge, keys: Readonly<Record<string, string>>) {
  return { instance: "edge", state_dir: edge.stateDir, listen: "", ...keys };
}

/** Every thread has this set and user, and programs that it starts cannot have more. */
function expectPrivileges(pid: number, held: bigint, uid = 0): void {
  const threads = threadPrivileges(pid);
  expect(threads.length).toBeGreaterThan(4);
  for (const thread of threads) {
    const { permitted, effective, inheritable, ambient, bounding, noNewPrivileges, uids } = thread;
    const sets = { permitted, effective, inheritable, ambient, bounding };
    expect(sets).toEqual({ permitted: held, effective: held, inheritable: held, ambient: held, bounding: held });
    expect({ noNewPrivileges, uids }).toEqual({ noNewPrivileges: true, uids: [uid, uid, uid, uid] });
  }
}

async function count(edge: Edge, packets: number): Promise<void> {
  await sendFromPeer(edge.pair, [{ source: "198.51.100.1", destination: "10.1.0.1", payload: 72, count: packets }]);
}

async function packetsInLedger(edge: Edge, packets: number): Promise<void> {
  await waitFor(
    `${packets} packets in the ledger`,
    () => ledgerAddresses(edge.stateDir)["10.1.0.1"]?.packetsIn === packets,
  );
}

liveDescribe("an agent that root starts", () => {
  it("keeps three capabilities, counts in the kernel, reloads, is taken over by the next one and detached", async () => {
    await using edge = await Edge.create("leas");
    await edge.configure({ capture: { backend: "ebpf" }, network: [NETWORK] });
    for (const packets of [100, 200]) {
      const agent = await edge.start().capturing();
      expectPrivileges(agent.pid, THREE);
      agent.signal("SIGHUP");
      await agent.waitForLog("configuration reloaded");
      await count(edge, packets);
      expect((await agent.stop()).code).toBe(0);
      await count(edge, 10);
    }
    expect((await edge.command("detach")).code).toBe(0);
    expect(kernelStateOf(edge.stateDir)).toEqual([]);
    const agent = await edge.start().capturing();
    await packetsInLedger(edge, 320);
    await agent.stop();
  });

  it("lets its capture child have none of them, nor a file of its own, and starts it again when it dies", async () => {
    await using edge = await Edge.create("leap");
    await edge.configure({ capture: { backend: "pcap" }, network: [NETWORK] });
    const agent = await edge.start().capturing();
    expectPrivileges(agent.pid, THREE);
    for (const times of [1, 2]) {
      await agent.capturing(times);
      const child = agent.captureChild();
      const held = threadPrivileges(child).map(({ permitted, effective }) => permitted | effective);
      expect(new Set(held)).toEqual(new Set([0n]));
      expect(openFiles(child).filter((file) => file.startsWith(edge.file(".").slice(0, -2)))).toEqual([]);
      if (times === 1) process.kill(child, "SIGKILL");
    }
    await count(edge, 50);
    await packetsInLedger(edge, 50);
    await agent.stop();
  });

  it("makes files that nobody else can read", async () => {
    await using edge = await Edge.create("leam");
    await edge.configure({ capture: { backend: "pcap" }, network: [NETWORK] });
    const agent = await edge.start().capturing();
    const names = await readdir(edge.stateDir);
    expect(names).toEqual(expect.arrayContaining(["agent.lock", "agent.sock", "ledger.sqlite"]));
    for (const name of names)
      expect([name, (await stat(join(edge.stateDir, name))).mode & 0o777]).toEqual([name, 0o600]);
    expect((await stat(edge.stateDir)).mode & 0o777).toBe(0o700);
    expect((await agent.stop()).code).toBe(0);
  });

  it("becomes the configured user, which counts with the same capabilities", async () => {
    await using edge = await Edge.create("leau");
    await edge.configure({
      agent: agentTable(edge, { user: "nobody" }),
      capture: { backend: "pcap" },
      network: [NETWORK],
    });
    await opened(edge, NOBODY);
    const agent = await edge.start({ env: { TMPDIR: "/tmp" } }).capturing();
    expectPrivileges(agent.pid, THREE, NOBODY);
    const child = agent.captureChild();
    expect(threadPrivileges(child).every(({ effective, uids }) => effective === 0n && uids[1] === NOBODY)).toBe(true);
    expect((await stat(join(edge.stateDir, "ledger.sqlite"))).uid).toBe(NOBODY);
    // Not dumpable: its files under /proc are root's, so that no other process of this user reads its memory.
    expect((await stat(`/proc/${agent.pid}/mem`)).uid).toBe(0);
    expect((await stat(`/proc/${child}/mem`)).uid).toBe(0);
    await count(edge, 70);
    await packetsInLedger(edge, 70);
    expect((await agent.stop()).code).toBe(0);
  });

  it("says in one line each what the configured user lacks, and does not start", async () => {
    await using edge = await Edge.create("leae");
    const start = async (user: string): Promise<AgentProcess> => {
      await edge.configure({ agent: agentTable(edge, { user }), capture: { backend: "pcap" }, network: [NETWORK] });
      await writeFile(edge.file("password"), "secret", { mode: 0o600 });
      const agent = edge.start();
      expect(await agent.ended).toEqual({ code: 2, signal: null });
      return agent;
    };
    await chmod(edge.file("."), 0o755);
    expect((await start("no-such-user")).output).toEqual([
      `${edge.configFile}: agent.user = "no-such-user": there is no such user; make it, or leave the key out`,
    ]);
    expect(await edge.command("check")).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^FAIL {2}user: agent\.user = "no-such-user": there is no such user; /m),
    });
    await mkdir(edge.stateDir, { mode: 0o700 });
    const { output } = await start("nobody");
    expect(output).toEqual([
      expect.stringMatching(/agent\.user = "nobody": .*state cannot be written .*; chown -R nobody /),
    ]);
    expect(existsSync(join(edge.stateDir, "ledger.sqlite"))).toBe(false);
  });

  it("keeps what files of others and a low port need, and says why", async () => {
    await using edge = await Edge.create("leak");
    const endpoint = {
      name: "central",
      url: "http://127.0.0.1:9/",
      basic_auth: { username: "edge", password_file: "password" },
    };
    const table = agentTable(edge, { listen: "127.0.0.1:80" });
    const sections = { capture: { backend: "pcap" }, network: [NETWORK], remote_write: [endpoint] };
    await writeFile(edge.file("password"), "secret", { mode: 0o600 });
    await chown(edge.file("password"), NOBODY, NOBODY);
    await edge.configure({ ...sections, agent: table });
    const reader = await edge.start().capturing();
    expectPrivileges(reader.pid, THREE | CAP_DAC_READ_SEARCH | CAP_NET_BIND_SERVICE);
    const reasons = reader.logged("keeps more privileges").map(({ because }) => because);
    expect(reasons).toEqual([expect.stringMatching(/port 80/), expect.stringMatching(/: .*\/password$/)]);
    await reader.stop();
    await chown(edge.stateDir, NOBODY, NOBODY);
    await edge.configure({ capture: { backend: "pcap" }, network: [NETWORK] });
    const writer = await edge.start().capturing();
    expectPrivileges(writer.pid, THREE | CAP_DAC_OVERRIDE | CAP_FOWNER);
    await writer.stop();
  });
});

/** The test's folder may be entered, and the state folder is the user's. */
async function opened(edge: Edge, uid: number): Promise<void> {
  await chmod(edge.file("."), 0o755);
  await mkdir(edge.stateDir, { mode: 0o700 });
  await chown(edge.stateDir, uid, uid);
}

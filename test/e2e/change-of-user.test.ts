// A change of the agent's user, or of its bpffs, while an earlier agent's program goes on counting in the kernel: no byte is
// counted twice, because whoever cannot end the old count does not begin another.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCommandIn } from "../support/agent-process.ts";
import { Edge } from "../support/edge.ts";
import { sendFromPeer } from "../support/flows.ts";
import { kernelStateOf } from "../support/kernel-state.ts";
import { ledgerAddresses } from "../support/ledger-rows.ts";
import { Namespace } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const NETWORK = { name: "acme", prefixes: ["10.1.0.0/24"] };
const NOBODY = 65_534;

/** Where commands run as a user who has what an agent needs to count, and nothing of root's. */
class UsersNamespace extends Namespace {
  override command(file: string, args: readonly string[]): readonly [file: string, args: string[]] {
    const capabilities = "+bpf,+net_admin,+net_raw";
    const as = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const held = [`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`, "--"];
    return super.command("setpriv", [...as, ...held, file, ...args]);
  }
}

function asNobody({ pair: { edge } }: Edge): Namespace {
  return new UsersNamespace(edge.name, edge.interface, 1);
}

async function configure(edge: Edge, capture: Readonly<Record<string, string>>, user?: string): Promise<void> {
  const agent = { instance: "edge", state_dir: edge.stateDir, listen: "", ...(user === undefined ? {} : { user }) };
  await edge.configure({ agent, capture, network: [NETWORK] });
}

async function count(edge: Edge, packets: number): Promise<void> {
  await sendFromPeer(edge.pair, [{ source: "198.51.100.1", destination: "10.1.0.1", payload: 72, count: packets }]);
}

async function packetsInLedger(edge: Edge, packets: number): Promise<void> {
  const counted = (): number => ledgerAddresses(edge.stateDir)["10.1.0.1"]?.packetsIn ?? 0;
  await waitFor(`${packets} packets in the ledger`, () => counted() >= packets);
  expect(counted()).toBe(packets);
}

/** The state folder, and what is in it, belong to the user. */
async function give(edge: Edge, uid: number): Promise<void> {
  await chmod(edge.file("."), 0o755);
  await mkdir(edge.stateDir, { recursive: true, mode: 0o700 });
  for (const name of [".", ...(await readdir(edge.stateDir))]) await chown(join(edge.stateDir, name), uid, uid);
}

async function countAsRoot(edge: Edge): Promise<void> {
  await configure(edge, { backend: "auto" });
  await using agent = await edge.start().capturing();
  await count(edge, 100);
  expect((await agent.stop()).code).toBe(0);
  expect(kernelStateOf(edge.stateDir).length).toBeGreaterThan(0);
}

liveDescribe("when root's agent has left its program counting", () => {
  it("does not start as a configured user who may not read it, whatever the backend, until it is detached", async () => {
    await using edge = await Edge.create("usea");
    await countAsRoot(edge);
    await give(edge, NOBODY);
    for (const backend of ["auto", "pcap"]) {
      await configure(edge, { backend }, "nobody");
      await using agent = edge.start({ env: { TMPDIR: "/tmp" } });
      expect(await agent.ended).toEqual({ code: 2, signal: null });
      expect(agent.output).toEqual([
        expect.stringMatching(/agent\.user = "nobody": .* may still count; run acct-agent detach as root/),
      ]);
      const { code, stdout } = await edge.command("check");
      expect(code).toBe(2);
      expect(stdout).toMatch(/^FAIL {2}user: .*acct-agent detach as root/m);
    }
    await count(edge, 10);
    expect((await edge.command("detach")).code).toBe(0);
    expect(await edge.command("check")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok {4}user: nobody can /m),
    });
    await using agent = await edge.start({ env: { TMPDIR: "/tmp" } }).capturing();
    await count(edge, 1);
    await packetsInLedger(edge, 111);
    await agent.stop();
  });

  it("does not count beside it for another user, and goes on where the first one starts again", async () => {
    await using edge = await Edge.create("useb");
    await countAsRoot(edge);
    await give(edge, NOBODY);
    for (const backend of ["auto", "pcap"]) {
      await configure(edge, { backend });
      await using agent = edge.start({ namespace: asNobody(edge), env: { TMPDIR: "/tmp" } });
      expect(await agent.ended).toEqual({ code: 1, signal: null });
      const checked = await runCommandIn(asNobody(edge), "check", "--config", edge.configFile);
      expect(checked).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/^FAIL {2}kernel state: .*counted twice/m),
      });
      expect(agent.output.at(-1)).toMatch(/counted twice \(start as the user that ran it, or run acct-agent detach /);
    }
    await configure(edge, { backend: "auto" });
    await count(edge, 10);
    await give(edge, 0);
    await using agent = await edge.start().capturing();
    await packetsInLedger(edge, 110);
    expect(agent.logged("gap")).toEqual([]);
    await agent.stop();
  });

  it("ends it, and takes what it has, when capture.bpffs is changed", async () => {
    await using edge = await Edge.create("usec");
    await countAsRoot(edge);
    const bpffs = edge.file("bpf");
    await mkdir(bpffs);
    execFileSync("mount", ["-t", "bpf", "bpf", bpffs]);
    try {
      await configure(edge, { backend: "auto", bpffs });
      await count(edge, 10);
      await using agent = await edge.start().capturing();
      expect(kernelStateOf(edge.stateDir)).toEqual([]);
      await count(edge, 1);
      expect((await agent.stop()).code).toBe(0);
      await configure(edge, { backend: "auto" });
      await using back = await edge.start().capturing();
      await packetsInLedger(edge, 111);
      await back.stop();
      expect(existsSync(join(bpffs, "acct-agent"))).toBe(true);
      expect(await readdir(join(bpffs, "acct-agent"))).toEqual([]);
    } finally {
      execFileSync("umount", [bpffs]);
    }
  });
});

liveDescribe("a user who may not look into the bpffs", () => {
  it("counts by pcap, with a warning, where no agent of the state folder ever counted in the kernel", async () => {
    await using edge = await Edge.create("used");
    await give(edge, NOBODY);
    await configure(edge, { backend: "auto" });
    await using agent = await edge.start({ namespace: asNobody(edge), env: { TMPDIR: "/tmp" } }).capturing();
    expect(agent.logged("the kernel cannot count")).toMatchObject([{ level: "warn" }]);
    expect(agent.logged("capture started")).toMatchObject([{ interface: edge.interface }]);
    await count(edge, 5);
    await packetsInLedger(edge, 5);
    expect((await agent.stop()).code).toBe(0);
  });

  it("is no configured user for the kernel's backends", async () => {
    await using edge = await Edge.create("usee");
    await give(edge, NOBODY);
    await configure(edge, { backend: "auto" }, "nobody");
    await using agent = edge.start({ env: { TMPDIR: "/tmp" } });
    expect(await agent.ended).toEqual({ code: 2, signal: null });
    expect(agent.output).toEqual([
      expect.stringMatching(/"nobody": \/sys\/fs\/bpf.* cannot be written .*capture\.backend = "pcap"$/),
    ]);
    await rm(edge.stateDir, { recursive: true });
  });
});

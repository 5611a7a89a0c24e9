// What the agent needs to be allowed: CAP_BPF and CAP_NET_ADMIN to count in the kernel, CAP_NET_RAW for libpcap, and
// nothing else. Each process here has the named capabilities only, whatever its user.

import { once } from "node:events";
import { expect, it } from "vitest";
import { Edge } from "../support/edge.ts";
import { sendFromPeer } from "../support/flows.ts";
import { kernelStateOf } from "../support/kernel-state.ts";
import { ledgerAddresses } from "../support/ledger-rows.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const MAIN = new URL("../../dist/main.js", import.meta.url).pathname;
const NETWORK = { name: "acme", prefixes: ["10.1.0.0/24"] };

/** Starts the program with these capabilities at most. */
function spawnWith(edge: Edge, capabilities: string, args: readonly string[]) {
  const bounds = ["--bounding-set", `-all${capabilities}`, "--inh-caps", "-all", process.execPath, MAIN];
  const child = edge.pair.edge.spawn("setpriv", [...bounds, ...args], { stdio: "pipe" });
  const said = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (said.text += String(chunk)));
  return { child, said, ended: once(child, "close") };
}

async function checkWith(edge: Edge, capabilities: string): Promise<readonly string[]> {
  const { said, ended } = spawnWith(edge, capabilities, ["check", "--config", edge.configFile]);
  await ended;
  return said.text.split("\n").filter((line) => /privileges|backend|no ebpf/.test(line));
}

liveDescribe("capabilities", () => {
  it("CAP_BPF and CAP_NET_ADMIN are enough to count in the kernel, and to go on after a stop", async () => {
    await using edge = await Edge.create("capa");
    await edge.configure({ capture: { backend: "ebpf" }, network: [NETWORK] });
    for (const packets of [100, 1_000]) {
      const { child, said, ended } = spawnWith(edge, ",+bpf,+net_admin", ["--config", edge.configFile]);
      await waitFor("capture", () => said.text.includes("capture started"));
      const flow = { source: "198.51.100.1", destination: "10.1.0.1", payload: 72, count: packets };
      await sendFromPeer(edge.pair, [flow]);
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
      // Between the two runs.
      await sendFromPeer(edge.pair, [{ ...flow, count: 10 }]);
    }
    expect((await edge.command("detach")).code).toBe(0);
    expect(kernelStateOf(edge.stateDir)).toEqual([]);
    const { child, said, ended } = spawnWith(edge, ",+bpf,+net_admin", ["--config", edge.configFile]);
    await waitFor("capture", () => said.text.includes("capture started"));
    // Both runs may be in one window, or in two.
    const counted = (): number => ledgerAddresses(edge.stateDir)["10.1.0.1"]?.packetsIn ?? 0;
    await waitFor("the held windows", () => counted() >= 1_120, { timeoutMs: 30_000 });
    child.kill("SIGTERM");
    await ended;
    expect(ledgerAddresses(edge.stateDir)["10.1.0.1"]).toMatchObject({ packetsIn: 1_120, bytesIn: 112_000 });
  });

  it("check names what is missing for ebpf, and which backend remains", async () => {
    await using edge = await Edge.create("capb");
    await edge.configure({ capture: { backend: "auto" }, network: [NETWORK] });
    expect(await checkWith(edge, ",+bpf,+net_admin")).toEqual([
      expect.stringMatching(/^ok .*CAP_BPF and CAP_NET_ADMIN are held/),
      expect.stringMatching(/^ok .*ebpf by tcx, .*: [0-9.]+ MiB of kernel memory/),
    ]);
    expect(await checkWith(edge, ",+net_raw,+bpf")).toEqual([
      expect.stringMatching(/^ok .*CAP_NET_RAW is held; ebpf would need CAP_NET_ADMIN$/),
      expect.stringMatching(/^ok .*EPERM/),
      expect.stringMatching(/^ok .*: pcap, /),
    ]);
    expect(await checkWith(edge, ",+net_admin")).toEqual([
      expect.stringMatching(/^FAIL .*CAP_NET_RAW missing; run as root/),
      expect.stringMatching(/^ok .*EPERM/),
      expect.stringMatching(/^ok .*: pcap, /),
    ]);
    await edge.configure({ capture: { backend: "ebpf" }, network: [NETWORK] });
    expect(await checkWith(edge, ",+net_raw")).toEqual([
      expect.stringMatching(/^FAIL .*CAP_BPF and CAP_NET_ADMIN missing/),
      expect.stringMatching(/^FAIL .*capture\.backend: ebpf cannot work here: .*EPERM.*; write backend = "auto"/),
    ]);
  });
});

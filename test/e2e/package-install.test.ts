// The Debian package on a machine with systemd: installed, counting, upgraded, removed and purged by the real tools. The
// machine is a copy of this one that nothing writes back.

import { writeFile } from "node:fs/promises";
import { stringify } from "smol-toml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPackage } from "../support/debian-package.ts";
import { Edge } from "../support/edge.ts";
import { ipBytesOf, sendFromPeer } from "../support/flows.ts";
import { ledgerRows } from "../support/ledger-options.ts";
import { Machine } from "../support/machine.ts";
import { liveDescribe } from "../support/require-root.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";

const CONFIG = "/etc/acct-agent/agent.toml";
const BPFFS = "/run/acct-agent/bpf";
const STATE = "/var/lib/acct-agent";
const FLOW = { source: "198.51.100.1", destination: "10.1.0.1", payload: 72, count: 500 };
const NEXT = "9.9.9-1";

liveDescribe("the Debian package on a machine", () => {
  let packages: TempFolder;

  beforeAll(async () => {
    packages = await tempFolder();
    await Promise.all([buildPackage(packages.path), buildPackage(packages.path, { version: NEXT })]);
  });
  afterAll(() => packages[Symbol.asyncDispose]());

  it("counts from its installation to its removal and loses no byte in an upgrade; the ledger stays", async () => {
    await using edge = await Edge.create("inst");
    await edge.pair.edge.exec("ip", ["route", "add", "default", "via", edge.pair.peer.ipv4]);
    await using machine = await Machine.boot(edge.pair.edge, packages.path);

    await machine.run("sh", "-c", "dpkg -i /srv/acct-agent_0*.deb");
    expect((await machine.run("systemctl", "is-active", "acct-agent")).stdout).toBe("active\n");
    expect((await machine.run("systemctl", "is-enabled", "acct-agent")).stdout).toBe("enabled\n");
    expect((await machine.run("stat", "-c", "%a %U:%G", CONFIG)).stdout).toBe("640 root:acct-agent\n");
    expect((await machine.run("acct-agent", "check", "--config", CONFIG)).stdout).toContain(
      `${edge.interface}: ebpf by tcx`,
    );

    await configure(machine, packages, "ebpf");
    await machine.run("systemctl", "restart", "acct-agent");
    await statusWith(machine, '"capturing": true');
    await sendFromPeer(edge.pair, [FLOW]);
    let sent = FLOW.count;
    await statusWith(machine, `"address": "${FLOW.destination}"`);

    const before = await mainPid(machine);
    const upgraded = new AbortController();
    const upgrade = machine.run("sh", "-c", `dpkg -i /srv/acct-agent_${NEXT}_*.deb`).finally(() => upgraded.abort());
    while (!upgraded.signal.aborted) {
      await sendFromPeer(edge.pair, [FLOW]);
      sent += FLOW.count;
    }
    await upgrade;
    expect((await machine.run("dpkg-query", "-W", "-f", "${Version}", "acct-agent")).stdout).toBe(NEXT);
    expect((await machine.run("systemctl", "is-active", "acct-agent")).stdout).toBe("active\n");
    expect(await mainPid(machine)).not.toBe(before);
    expect((await machine.run("cat", CONFIG)).stdout).toContain('window = "5s"');

    // The kernel counts while the service is stopped; removal takes that over.
    await machine.run("systemctl", "stop", "acct-agent");
    await sendFromPeer(edge.pair, [FLOW]);
    sent += FLOW.count;
    expect(await programsOf(machine)).not.toEqual([]);
    expect((await machine.run("dpkg", "-r", "acct-agent")).stderr).toBe("");
    expect(await programsOf(machine)).toEqual([]);
    expect((await machine.try("ls", "-d", BPFFS)).code).not.toBe(0);
    expect(await billedBytes(machine, packages)).toBe(sent * ipBytesOf(FLOW));

    const purged = await machine.run("dpkg", "-P", "acct-agent");
    expect(purged.stdout).toContain(`${STATE} keeps the ledger`);
    expect((await machine.try("ls", "-d", "/etc/acct-agent", "/usr/lib/acct-agent")).stdout).toBe("");
    expect(await billedBytes(machine, packages)).toBe(sent * ipBytesOf(FLOW));
  });

  it("captures with libpcap in the service's confinement, and confines its capture process further", async () => {
    await using edge = await Edge.create("cnfd");
    await edge.pair.edge.exec("ip", ["route", "add", "default", "via", edge.pair.peer.ipv4]);
    await using machine = await Machine.boot(edge.pair.edge, packages.path);
    await machine.run("sh", "-c", "dpkg -i /srv/acct-agent_0*.deb");
    await configure(machine, packages, "pcap");
    await machine.run("systemctl", "restart", "acct-agent");
    await statusWith(machine, '"capturing": true');
    await sendFromPeer(edge.pair, [FLOW]);
    await statusWith(machine, `"address": "${FLOW.destination}"`);
    const { stdout: log } = await machine.run("journalctl", "--unit", "acct-agent", "--output", "cat");
    expect(log).toContain('"link_type":"ETHERNET"');
    expect(log.split("\n").filter((line) => /less confined|could not be limited/.test(line))).toEqual([]);
  });

  it("does not start where the machine's policy forbids it, and leaves no folder when it never ran", async () => {
    await using edge = await Edge.create("polc");
    await using machine = await Machine.boot(edge.pair.edge, packages.path);
    await writeFile(packages.file("policy"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    await machine.run("cp", machine.inside("policy"), "/usr/sbin/policy-rc.d");

    await machine.run("sh", "-c", "dpkg -i /srv/acct-agent_0*.deb");
    expect((await machine.try("systemctl", "is-active", "acct-agent")).stdout).toBe("inactive\n");
    await machine.run("dpkg", "-P", "acct-agent");
    expect((await machine.try("ls", "-d", "/etc/acct-agent", STATE)).stdout).toBe("");
  });
});

/** Short windows, and a network of the test's. */
async function configure(machine: Machine, shared: TempFolder, backend: "ebpf" | "pcap"): Promise<void> {
  const config = {
    agent: { state_dir: STATE },
    capture: { backend, bpffs: BPFFS },
    account: { window: "5s" },
    network: [{ name: "acme", prefixes: ["10.1.0.0/24"] }],
  };
  await writeFile(shared.file("agent.toml"), stringify(config));
  await machine.run("cp", machine.inside("agent.toml"), CONFIG);
}

async function statusWith(machine: Machine, text: string): Promise<void> {
  await waitFor(`${text} in the status`, async () => {
    const { stdout } = await machine.try("acct-agent", "status", "--config", CONFIG, "--json");
    return stdout.includes(text);
  });
}

async function mainPid(machine: Machine): Promise<string> {
  return (await machine.run("systemctl", "show", "--property", "MainPID", "acct-agent")).stdout;
}

/** BPF programs that the service's user has in the kernel. */
async function programsOf(machine: Machine): Promise<readonly unknown[]> {
  const { stdout: user } = await machine.run("id", "-u", "acct-agent");
  const { stdout } = await machine.run("bpftool", "--json", "prog");
  const programs: readonly { readonly uid?: number }[] = JSON.parse(stdout);
  return programs.filter(({ uid }) => uid === Number(user));
}

/** What the ledger has to bill, that of windows which the removal cut short included. */
async function billedBytes(machine: Machine, shared: TempFolder): Promise<number> {
  await machine.run("cp", "-rT", STATE, machine.inside("state"));
  const rows = ledgerRows(
    shared.file("state"),
    "SELECT bytes_in FROM interval_usage UNION ALL SELECT bytes_in FROM held_usage",
  );
  return rows.reduce((sum, row) => sum + Number(row["bytes_in"]), 0);
}

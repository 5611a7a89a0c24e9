// The ground that live tests stand on: silent namespaces, and a sender whose every frame arrives and is accounted for.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { NetworkPair } from "./netns.ts";
import { liveDescribe } from "./require-root.ts";
import { tempFolder } from "./temp-folder.ts";
import { sendFrames, Traffic, type TrafficOptions, type TrafficResult } from "./traffic.ts";

/** Sends and tells what the other end's interface received of it. */
async function sendAndCount(pair: NetworkPair, options: TrafficOptions): Promise<TrafficResult & { received: number }> {
  const before = await pair.edge.counters();
  const result = await sendFrames(pair.peer, options);
  const after = await pair.edge.counters();
  expect(after.rx.bytes - before.rx.bytes).toBe(result.bytes);
  return { ...result, received: after.rx.packets - before.rx.packets };
}

/** A pcap file of two Ethernet frames: IPv4 of total length 46 under a VLAN tag, and ARP. */
function pcapBytes(): Buffer {
  const header = "d4c3b2a1020004000000000000000000ffff000001000000";
  const tagged = `ffffffffffff020000000001810000640800450000 2e${"00".repeat(42)}`.replaceAll(" ", "");
  const arp = `ffffffffffff0200000000010806${"00".repeat(46)}`;
  const records = [tagged, arp].map((frame) => `${"00".repeat(8)}${littleEndian(frame)}${littleEndian(frame)}${frame}`);
  return Buffer.from(header + records.join(""), "hex");
}

function littleEndian(frameHex: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frameHex.length / 2);
  return length.toString("hex");
}

liveDescribe("NetworkPair", () => {
  it("is silent until something sends", async () => {
    await using pair = await NetworkPair.create();
    await delay(3000); // the kernel spreads its own reports over a second or two
    const [edge, peer] = await Promise.all([pair.edge.counters(), pair.peer.counters()]);
    expect([edge.rx.packets, peer.rx.packets]).toEqual([0, 0]);
  });

  it("carries both address families without neighbour discovery", async () => {
    await using pair = await NetworkPair.create();
    for (const address of [pair.edge.ipv4, pair.edge.ipv6]) {
      const script = `import socket; f = socket.AF_INET6 if ":" in "${address}" else socket.AF_INET
s = socket.socket(f, socket.SOCK_STREAM); s.settimeout(5); print(s.connect_ex(("${address}", 9)))`;
      const { stdout } = await pair.peer.exec("python3", ["-c", script]);
      expect(stdout.trim()).toBe("111"); // ECONNREFUSED: the other end answered
    }
    expect(await pair.edge.counters()).toMatchObject({ rx: { packets: 2 }, tx: { packets: 2 } });
  });

  it("stops what runs inside and leaves no namespace behind", async () => {
    const pair = await NetworkPair.create({ offloads: false });
    const child = pair.edge.spawn("sleep", ["1000"]);
    await pair[Symbol.asyncDispose]();
    expect(child.signalCode).toBe("SIGTERM");
    expect(existsSync(`/run/netns/${pair.edge.name}`) || existsSync(`/run/netns/${pair.peer.name}`)).toBe(false);
  });

  it("removes what a dead test run left behind, and nothing of a living one", async () => {
    const dead = spawnSync("true").pid;
    const names = [`acct-${dead}-0e`, `acct-${process.ppid}-77e`];
    await using first = await NetworkPair.create();
    for (const name of names) await first.edge.exec("ip", ["netns", "add", name]);
    await using second = await NetworkPair.create();
    expect(names.map((name) => existsSync(`/run/netns/${name}`))).toEqual([false, true]);
    await second.edge.exec("ip", ["netns", "delete", `acct-${process.ppid}-77e`]);
    expect(existsSync(`/run/netns/${first.edge.name}`)).toBe(true);
  });
});

liveDescribe("Traffic", () => {
  it("delivers every frame at full speed", async () => {
    await using pair = await NetworkPair.create();
    const result = await sendAndCount(pair, { count: 1_000_000, hosts: 65_536 });
    expect(result).toMatchObject({ sent: 1_000_000, received: 1_000_000, bytes: 60_000_000, ipBytes: 46_000_000 });
  });

  it("keeps to its rate", async () => {
    await using pair = await NetworkPair.create();
    const slow = await sendAndCount(pair, { count: 101, rate: 100 });
    const fast = await sendAndCount(pair, { count: 50_000, rate: 50_000, ipv6: true, size: 1514 });
    expect([slow.received, fast.received]).toEqual([101, 50_000]);
    for (const { seconds } of [slow, fast]) {
      expect(seconds).toBeGreaterThan(0.99);
      expect(seconds).toBeLessThan(1.5); // a busy machine wakes it late
    }
  });

  it.each([
    { ipv6: false, hosts: 3, addresses: ["10.1.0.254", "10.1.0.255", "10.1.1.0", "10.1.0.254"] },
    { ipv6: true, hosts: 2, addresses: ["2001:db8::ffff", "2001:db8::1:0", "2001:db8::ffff", "2001:db8::1:0"] },
  ])("cycles over its addresses with valid checksums (ipv6: $ipv6)", async ({ ipv6, hosts, addresses }) => {
    await using pair = await NetworkPair.create();
    await using folder = await tempFolder();
    const path = folder.file("sent.pcap");
    const dump = pair.edge.spawn("tcpdump", ["-c4", "-i", pair.edge.interface, "-w", path], { stdio: "pipe" });
    await new Promise((resolve) => dump.stderr?.once("data", resolve));
    const ended = new Promise((resolve) => dump.once("close", resolve));
    await sendFrames(pair.peer, { count: 4, hosts, ipv6, size: 62, varySrc: true, srcNet: addresses[0] ?? "" });
    await ended;
    const fields = ["-T", "fields", "-e", ipv6 ? "ipv6.src" : "ip.src", "-e", "udp.checksum.status"];
    const { stdout } = await pair.edge.exec("tshark", ["-o", "udp.check_checksum:TRUE", "-r", path, ...fields]);
    expect(stdout.trim().split("\n")).toEqual(addresses.map((address) => `${address}\t1`));
  });

  it("sends a capture file once, or over and over", async () => {
    await using pair = await NetworkPair.create();
    await using folder = await tempFolder();
    const pcap = folder.file("two.pcap");
    await writeFile(pcap, pcapBytes());
    expect(await sendAndCount(pair, { pcap })).toMatchObject({ sent: 2, received: 2, bytes: 124, ipBytes: 46 });
    const many = await sendAndCount(pair, { pcap, loop: true, count: 101 });
    expect(many).toMatchObject({ sent: 101, received: 101, ipBytes: 51 * 46 });
  });

  it("reports what it sent when it is stopped", async () => {
    await using pair = await NetworkPair.create();
    await using traffic = await Traffic.start(pair.peer, { rate: 1000 });
    await expect.poll(async () => (await pair.edge.counters()).rx.packets).toBeGreaterThan(10);
    const result = await traffic.stop();
    expect((await pair.edge.counters()).rx.packets).toBe(result.sent);
  });

  it("rejects with the sender's own words", async () => {
    await using pair = await NetworkPair.create();
    await expect(Traffic.start(pair.peer, { size: 10 })).rejects.toThrow("--size is out of range");
    await expect(sendFrames(pair.peer, { pcap: "/nonexistent" })).rejects.toThrow("No such file");
  });
});

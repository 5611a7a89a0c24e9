// Segmentation offload: the kernel hands many packets over as one, and the agent counts those that are on the wire. What
// is on the wire is told by a hop behind the edge that sees single packets only (measured-wire.ts): its counters hold
// each segment with its own headers, handshakes, acknowledgements and retransmissions included.

import { describe, it } from "vitest";
import { AccountedEdge } from "../support/accounted-edge.ts";
import { allowBigPackets, type GuestFrames, GuestGso, sendAsGuest, tcpTransfer, udpSegments } from "../support/bulk.ts";
import { windowNow } from "../support/edge.ts";
import { ethernet, IPV4, IPV6, ipv4, ipv6, zeros } from "../support/frames.ts";
import type { AddressUsage, Counters } from "../support/ledger-rows.ts";
import { MeasuredWire, setFeatures, type WireCount } from "../support/measured-wire.ts";
import { liveDescribe } from "../support/require-root.ts";

const MEGABYTE = 1_000_000;
const BIG_BYTES = 200_000;
const OFFLOADS = ["tso", "gso", "gro", "tx-udp-segmentation"];
const GUEST4 = "10.1.0.1";
const GUEST6 = "2001:db8:1::1";
const TCP_BYTES = 20;
const UDP_BYTES = 8;

function usageOf(usage: readonly AddressUsage[], address: string): Counters | undefined {
  const row = usage.find((one) => one.address === address);
  if (!row) return undefined;
  const { bytesIn, packetsIn, bytesOut, packetsOut } = row;
  return { bytesIn, packetsIn, bytesOut, packetsOut };
}

/** An edge with a measured wire to a far host; the agent captures. */
async function createEdge(prefix: string): Promise<AccountedEdge> {
  const edge = await AccountedEdge.create(prefix);
  const { ipv4: own4, ipv6: own6 } = edge.edge.pair.edge;
  await edge.configure({
    network: [{ name: "host", prefixes: [`${own4}/32`, `${own6}/128`, "10.1.0.0/24", "2001:db8:1::/64"] }],
  });
  return edge;
}

/** What passes on the wire during `transfer`, and what the agent says of the edge's address. */
async function account(edge: AccountedEdge, wire: MeasuredWire, address: string, transfer: () => Promise<void>) {
  const agent = await edge.start();
  const before = await wire.count();
  await transfer();
  const after = await wire.count();
  const { usage } = await edge.closed(windowNow());
  const difference = (field: keyof WireCount): number => after[field] - before[field];
  const passed: WireCount = {
    bytesIn: difference("bytesIn"),
    packetsIn: difference("packetsIn"),
    bytesOut: difference("bytesOut"),
    packetsOut: difference("packetsOut"),
  };
  await agent.stop();
  return { counted: usageOf(usage, address), passed };
}

/** How many frames the edge's interface sent itself: with offload on far fewer than packets on the wire. */
async function framesSent(edge: AccountedEdge): Promise<number> {
  const { tx } = await edge.edge.pair.edge.counters();
  return tx.packets;
}

const FAMILIES = [
  { family: "IPv4", id: "4", local: (edge: AccountedEdge) => edge.edge.pair.edge.ipv4, remote: "192.0.2.2" },
  { family: "IPv6", id: "6", local: (edge: AccountedEdge) => edge.edge.pair.edge.ipv6, remote: "fd00:acc7::2" },
];

liveDescribe("an agent on an interface with segmentation offload", () => {
  describe.each(FAMILIES)("over $family", ({ id, local, remote }) => {
    it("counts TCP in both directions as it is on the wire, offload on", async ({ expect }) => {
      await using edge = await createEdge(`ofa${id}`);
      await using wire = await MeasuredWire.create(edge.edge.pair);
      await wire.mergeTowardsEdge();
      await setFeatures(edge.edge.pair.edge, ["gro"], true);
      const { counted, passed } = await account(edge, wire, local(edge), () =>
        tcpTransfer(edge.edge.pair.edge, {
          to: wire.far,
          address: remote,
          bytes: 30 * MEGABYTE,
          replyBytes: 20 * MEGABYTE,
        }),
      );
      expect(counted).toEqual(passed);
      // Segments were merged on their way through the edge, or this test shows nothing.
      expect(passed.packetsOut).toBeGreaterThan(20_000);
      expect(await framesSent(edge)).toBeLessThan(passed.packetsOut / 2);
    });

    it("counts TCP in both directions as it is on the wire, offload off", async ({ expect }) => {
      await using edge = await createEdge(`ofb${id}`);
      await using wire = await MeasuredWire.create(edge.edge.pair);
      await setFeatures(edge.edge.pair.edge, OFFLOADS, false);
      const { counted, passed } = await account(edge, wire, local(edge), () =>
        tcpTransfer(edge.edge.pair.edge, {
          to: wire.far,
          address: remote,
          bytes: 5 * MEGABYTE,
          replyBytes: 5 * MEGABYTE,
        }),
      );
      expect(counted).toEqual(passed);
      expect(await framesSent(edge)).toBe(passed.packetsOut);
    });

    it.for([
      { what: "on", on: true },
      { what: "off", on: false },
    ])("counts UDP datagrams that the kernel segments, offload $what", async ({ on }, { expect }) => {
      await using edge = await createEdge(`ofc${id}`);
      await using wire = await MeasuredWire.create(edge.edge.pair);
      if (!on) await setFeatures(edge.edge.pair.edge, OFFLOADS, false);
      const { counted, passed } = await account(edge, wire, local(edge), async () => {
        // 42 whole datagrams and one of 300 bytes; 3 whole ones; a single one.
        await udpSegments(edge.edge.pair.edge, { address: remote, size: 1_200, payload: 50_700, count: 100 });
        await udpSegments(edge.edge.pair.edge, { address: remote, size: 1_000, payload: 3_000, count: 50 });
        await udpSegments(edge.edge.pair.edge, { address: remote, size: 1_000, payload: 700, count: 10 });
      });
      expect(counted).toEqual(passed);
      expect(passed.packetsOut).toBe(100 * 43 + 50 * 3 + 10);
    });
  });

  it.for([
    { feature: "rx-udp-gro-forwarding", prefix: "ofg" },
    { feature: "rx-gro-list", prefix: "ofh" },
  ])("counts UDP datagrams that were merged on their way in by $feature", async ({ feature, prefix }, { expect }) => {
    await using edge = await createEdge(prefix);
    await using wire = await MeasuredWire.create(edge.edge.pair);
    await wire.mergeTowardsEdge([feature]);
    const { edge: near } = edge.edge.pair;
    const { counted, passed } = await account(edge, wire, near.ipv4, () =>
      udpSegments(wire.far, { address: near.ipv4, size: 1_200, payload: 50_700, count: 100 }),
    );
    expect(counted).toEqual(passed);
    expect(passed.packetsIn).toBe(100 * 43);
    expect((await near.counters()).rx.packets).toBeLessThan(passed.packetsIn / 2);
  });

  it.for(FAMILIES)(
    "counts BIG TCP over $family, packets of up to 200,000 bytes",
    async ({ id, local, remote }, { expect }) => {
      await using edge = await createEdge(`ofd${id}`);
      await using wire = await MeasuredWire.create(edge.edge.pair);
      const { edge: near } = edge.edge.pair;
      await allowBigPackets(near, near.interface, BIG_BYTES);
      await wire.allowBigPackets(BIG_BYTES);
      await wire.mergeTowardsEdge();
      const { counted, passed } = await account(edge, wire, local(edge), () =>
        tcpTransfer(near, { to: wire.far, address: remote, bytes: 100 * MEGABYTE, replyBytes: 20 * MEGABYTE }),
      );
      expect(counted).toEqual(passed);
      // Larger on average than any packet that is not big, small acknowledgements included.
      expect(passed.bytesOut / (await framesSent(edge))).toBeGreaterThan(66_000);
    },
  );

  it.for([{ what: "in UDP over IPv4 (VXLAN)", prefix: "ofe", inner: "10.77.0", mtu: 1_450 }])(
    "counts tunnels $what as they are on the wire",
    async ({ prefix, inner, mtu }, { expect }) => {
      await using edge = await createEdge(prefix);
      await using wire = await MeasuredWire.create(edge.edge.pair);
      const { edge: near } = edge.edge.pair;
      await setFeatures(near, ["gro"], true);
      for (const [end, host, other] of [
        [near, 1, "192.0.2.2"],
        [wire.far, 2, "192.0.2.1"],
      ] as const) {
        const vxlan = `type vxlan id 7 local 192.0.2.${host} remote ${other} dev ${end.interface} dstport 4789 nolearning`;
        const commands = [
          `link add name tun0 mtu ${mtu} address 02:00:00:00:07:0${host} ${vxlan}`,
          "link set dev tun0 multicast off arp off up",
          `address add ${inner}.${host}/24 dev tun0`,
          `neighbour replace ${inner}.${3 - host} lladdr 02:00:00:00:07:0${3 - host} dev tun0 nud permanent`,
        ];
        for (const command of commands) await end.exec("ip", command.split(" "));
      }
      const { counted, passed } = await account(edge, wire, near.ipv4, () =>
        tcpTransfer(near, { to: wire.far, address: `${inner}.2`, bytes: 5 * MEGABYTE, replyBytes: 5 * MEGABYTE }),
      );
      expect(counted).toEqual(passed);
    },
  );

  it("counts the segments of frames whose sender did not, as virtual machines' are", async ({ expect }) => {
    await using edge = await createEdge("off");
    const { edge: near, peer } = edge.edge.pair;
    const agent = await edge.start();
    const [tcp, udp] = [zeros(TCP_BYTES), zeros(UDP_BYTES)];
    tcp[12] = 0x50;
    const internet = { source: "198.51.100.7", destination: GUEST4 };
    const internet6 = { source: "2001:db8:ffff::7", destination: GUEST6 };
    const sent: GuestFrames[] = [
      frames(GuestGso.tcp4, ethernet(IPV4, ipv4({ ...internet, protocol: 6, payload: tcp })), 16),
      frames(GuestGso.udp, ethernet(IPV4, ipv4({ ...internet, protocol: 17, payload: udp })), 6),
      frames(GuestGso.tcp6, ethernet(IPV6, ipv6({ ...internet6, nextHeader: 6, payload: tcp })), 16),
    ];
    for (const one of sent) await sendAsGuest(peer, one);
    expect(near.interface).toBe(edge.edge.interface);
    const { usage } = await edge.closed(windowNow());
    // 9,500 bytes in segments of 1,000: ten of them, each with its own headers.
    const volume = (perFrame: readonly number[]) => ({
      bytesIn: perFrame.reduce((sum, headers) => sum + 20 * (9_500 + 10 * headers), 0),
      packetsIn: perFrame.length * 20 * 10,
      bytesOut: 0,
      packetsOut: 0,
    });
    expect(usageOf(usage, GUEST4)).toEqual(volume([40, 28]));
    expect(usageOf(usage, GUEST6)).toEqual(volume([60]));
    await agent.stop();
  });
});

/** Twenty frames of 9,500 bytes of payload each, in segments of 1,000. */
function frames(type: GuestFrames["type"], short: Uint8Array, checksumOffset: number): GuestFrames {
  const headers = withLength(short, 9_500);
  const start = headers.length - (type === GuestGso.udp ? UDP_BYTES : TCP_BYTES);
  return { headers, type, gsoSize: 1_000, checksum: [start, checksumOffset], payload: 9_500, count: 20 };
}

/** The frame's headers, its IP header stating `more` bytes than it holds. */
function withLength(frame: Uint8Array, more: number): Uint8Array {
  const headers = Buffer.from(frame);
  const isIpv6 = headers.readUInt16BE(12) === IPV6;
  const at = isIpv6 ? 18 : 16;
  headers.writeUInt16BE(headers.readUInt16BE(at) + more, at);
  return headers;
}

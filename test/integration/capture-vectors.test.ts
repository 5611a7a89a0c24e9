// Live capture counts every frame as the decoder does, on every path that frames can take to it: what passes through
// the kernel on a real interface against the same frames decoded in this process.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { FrameDecoder } from "../../src/capture/decode.ts";
import { Meter } from "../../src/capture/meter.ts";
import { NetworkTable } from "../../src/capture/network-table.ts";
import { addressAt, formatAddress } from "../../src/model/address.ts";
import { completenessOf, type WindowTotals } from "../../src/model/window.ts";
import { ETHERNET, type FrameVector } from "../fixtures/frame-vector.ts";
import { frameVectors } from "../fixtures/frame-vectors.ts";
import { pcapFile } from "../support/capture-file.ts";
import { ethernet, IPV4, ipv4, IPV6, ipv6, padded, udp, VLAN, vlan, zeros } from "../support/frames.ts";
import { type Namespace, NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { sendFrames } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";
import { LiveCapture, livePaths, network } from "./live-capture.ts";

const networks = [network("everything", "0.0.0.0/0", "::/0")];
const MAX_MTU = 65_535;
/** Also the longest frame that send-frames takes. */
const SNAP_LENGTH = 65_535;

interface Counted {
  readonly totals: WindowTotals;
  readonly rows: Readonly<Record<string, readonly (number | undefined)[]>>;
}

/** What the meter makes of these frames in this process. */
function metered(frames: readonly Uint8Array[]): Counted {
  const decoder = new FrameDecoder(ETHERNET);
  const meter = new Meter(new NetworkTable(networks), 65_536);
  for (const frame of frames) {
    decoder.decode(frame, 0, frame.length, frame.length);
    meter.count(decoder);
  }
  const { usage, totals } = meter.take();
  const { length, bytesIn, packetsIn, bytesOut, packetsOut } = usage;
  const rows = Array.from({ length }, (_, row) => [
    `${formatAddress(addressAt(usage.addresses, row))} everything`,
    [bytesIn, packetsIn, bytesOut, packetsOut].map((column) => column[row]),
  ]);
  return { totals, rows: Object.fromEntries(rows) };
}

/** On Ethernet as a packet socket sends it; the receiving kernel takes a VLAN tag off, and drops a frame that is cut in it. */
function isSendable({ linkType, frame }: FrameVector): boolean {
  const tagged = (frame[12] === 0x81 && frame[13] === 0) || (frame[12] === 0x88 && frame[13] === 0xa8);
  return linkType === ETHERNET && frame.length >= (tagged ? 20 : 14) && frame.length <= SNAP_LENGTH;
}

async function useLargestMtu({ edge, peer }: NetworkPair): Promise<void> {
  for (const end of [edge, peer]) {
    await end.exec("ip", ["link", "set", "dev", end.interface, "mtu", String(MAX_MTU)]);
  }
}

async function sendFile(from: Namespace, frames: readonly Uint8Array[]): Promise<void> {
  await using folder = await tempFolder();
  const pcap = folder.file("frames.pcap");
  await writeFile(pcap, pcapFile(frames.map((frame) => ({ timeNs: 0n, frame }))));
  const { sent } = await sendFrames(from, { pcap });
  expect(sent).toBe(frames.length);
}

/**
 * Python that sends the frames on its standard input, a line of hexadecimal each, as they are. With a second argument,
 * of frames longer than a page only so many bytes are in the linear part of the kernel's buffer (struct virtio_net_hdr).
 */
const SEND_LINES = `import socket, struct, sys
SOL_PACKET, PACKET_VNET_HDR = 263, 15
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((sys.argv[1], 0))
head = b""
if len(sys.argv) > 2:
    sender.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    head = struct.pack("BBHHHH", 0, 0, int(sys.argv[2]), 0, 0, 0)
for line in sys.stdin: sender.send(head + bytes.fromhex(line))`;

/** A frame of this length has its pages outside of the linear part if the sender says so. */
const SCATTERED_BYTES = 9_000;

async function sendLines(from: Namespace, frames: readonly Uint8Array[], linearBytes?: number): Promise<void> {
  const linear = linearBytes === undefined ? [] : [String(linearBytes)];
  const sender = from.spawn("python3", ["-c", SEND_LINES, from.interface, ...linear], { stdio: "pipe" });
  sender.stdin?.end(frames.map((frame) => `${Buffer.from(frame).toString("hex")}\n`).join(""));
  expect(await once(sender, "exit")).toEqual([0, null]);
}

/** Python that makes the tun device \`tun7\` of an ARPHRD_ type and writes into it, as received, what SEND_LINES sends. */
const TUN_DEVICE = `import fcntl, struct, subprocess, sys
TUNSETIFF, TUNSETLINK, IFF_TUN_NO_PI = 0x400454ca, 0x400454cd, 0x1001
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"tun7", IFF_TUN_NO_PI))
fcntl.ioctl(tun, TUNSETLINK, int(sys.argv[1]))
subprocess.run(["ip", "link", "set", "tun7", "up"], check=True)
print("up", flush=True)
for line in sys.stdin: print(tun.write(bytes.fromhex(line)), flush=True)`;

class TunDevice implements AsyncDisposable {
  readonly #script: ReturnType<Namespace["spawn"]>;

  private constructor(script: ReturnType<Namespace["spawn"]>) {
    this.#script = script;
  }

  /** Linux decides by the ARPHRD_ number which link type a capture has. */
  static async create(namespace: Namespace, hardwareType: number): Promise<TunDevice> {
    const script = namespace.spawn("python3", ["-c", TUN_DEVICE, String(hardwareType)], { stdio: "pipe" });
    const device = new TunDevice(script);
    await device.#answer();
    return device;
  }

  async receive(packet: Uint8Array): Promise<void> {
    this.#script.stdin?.write(`${Buffer.from(packet).toString("hex")}\n`);
    await this.#answer();
  }

  async #answer(): Promise<void> {
    if (this.#script.stdout) await once(this.#script.stdout, "data");
  }

  /** Takes the device away. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#script, "exit");
    this.#script.stdin?.end();
    await ended;
  }
}

const paths = Object.entries(livePaths).map(([name, path]) => ({ name, path }));

liveDescribe("Live capture of frames", () => {
  describe.each(paths)("through $name", ({ path }) => {
    it("counts every Ethernet vector as the decoder does, each another number of times so that no errors cancel out", async () => {
      await using pair = await NetworkPair.create({ offloads: false });
      await useLargestMtu(pair);
      const vectors = frameVectors.filter(isSendable);
      const frames = vectors.flatMap(({ frame }, index) => Array<Uint8Array>(index + 1).fill(frame));
      await using live = await LiveCapture.running(pair.edge, { networks, ...path });
      await sendFile(pair.peer, frames);
      await live.stop();
      const expected = metered(frames);
      expect(vectors.length).toBeGreaterThan(100);
      expect(expected.totals.nonIpFrames).toBeGreaterThan(0);
      expect(expected.totals.parseFailures).toBeGreaterThan(0);
      expect({ totals: live.totals, rows: live.rows }).toEqual(expected);
      expect(live.droppedFrames).toBe(0);
    });

    it.each([14, 20, 34, 54])(
      "counts every Ethernet vector of which only the first %i bytes are where the kernel looks first",
      async (linearBytes) => {
        await using pair = await NetworkPair.create();
        await useLargestMtu(pair);
        const vectors = frameVectors.filter(isSendable).filter(({ frame }) => frame.length <= SCATTERED_BYTES);
        const frames = vectors.map(({ frame }) => padded(frame, SCATTERED_BYTES));
        await using live = await LiveCapture.running(pair.edge, { networks, ...path });
        await sendLines(pair.peer, frames, linearBytes);
        await live.stop();
        expect(vectors.length).toBeGreaterThan(100);
        expect({ totals: live.totals, rows: live.rows }).toEqual(metered(frames));
      },
    );

    it("counts a packet that is longer than the snap length by its header", async () => {
      await using pair = await NetworkPair.create({ offloads: false });
      await useLargestMtu(pair);
      await using live = await LiveCapture.running(pair.edge, { networks, ...path });
      const frame = ethernet(IPV4, ipv4({ payload: udp(MAX_MTU - 28) }));
      await sendLines(pair.peer, [frame]);
      await live.stop();
      expect(live.totals).toMatchObject({ frames: 1, ipBytes: 65_535, parseFailures: 0 });
      expect(frame.length).toBeGreaterThan(SNAP_LENGTH);
    });

    it("counts a packet that states no length by its own, of which the ring keeps all", async () => {
      await using pair = await NetworkPair.create({ offloads: false });
      await using live = await LiveCapture.running(pair.edge, { networks, ...path });
      const packet = ipv4({ totalLength: 0, payload: udp(1_200) });
      const frames = [ethernet(IPV4, packet), ethernet(VLAN, vlan(7, IPV4, packet)), ethernet(IPV4, ipv4({}))];
      await sendFile(pair.peer, frames);
      await live.stop();
      expect({ totals: live.totals, rows: live.rows }).toEqual(metered(frames));
      expect(live.totals.ipBytes).toBe(2 * 1_228 + 46);
    });

    it.each([
      ["an interface without a link layer", 65_534, "RAW"],
      ["a tunnel, which libpcap cooks", 769, "LINKTYPE_LINUX_SLL"],
    ])("captures %s", async (_, hardwareType, linkType) => {
      await using pair = await NetworkPair.create();
      await using tun = await TunDevice.create(pair.edge, hardwareType);
      await using live = await LiveCapture.running(pair.edge, { networks, ...path, interfaces: ["tun7"] });
      const started = path.backend === "pcap" ? { link_type: linkType } : { backend: "ebpf", attach: path.attach };
      expect(live.logged("capture started")).toMatchObject([started]);
      // The ring of pcap keeps the whole of a packet that states no length on Ethernet only.
      const unstated = path.backend === "pcap" ? [] : [ipv4({ totalLength: 0, payload: udp(1_200) })];
      const packets4 = [...Array<Uint8Array>(3).fill(ipv4({})), ipv4({ options: zeros(40) }), ...unstated];
      for (const packet of packets4) await tun.receive(packet);
      await tun.receive(ipv6({}));
      await live.stop();
      expect({ totals: live.totals, rows: live.rows }).toEqual(
        metered([...packets4.map((packet) => ethernet(IPV4, packet)), ethernet(IPV6, ipv6({}))]),
      );
    });

    it.each([
      [803, "IEEE802_11_RADIO"],
      [280, "Unknown linktype 227"],
    ])(
      "refuses an interface whose frames have a link type that it cannot decode (ARPHRD %i)",
      async (hardwareType, nameInLibpcap) => {
        await using pair = await NetworkPair.create();
        await using _tun = await TunDevice.create(pair.edge, hardwareType);
        await using live = LiveCapture.start(pair.edge, { networks, ...path, interfaces: ["tun7"] });
        const reason = await waitFor("a reason", () => live.reason());
        const linkType = path.backend === "pcap" ? nameInLibpcap : hardwareType;
        expect(reason).toBe(`its link type ${linkType} cannot be decoded`);
        await live.stop();
        expect(live.windows).toEqual([]);
      },
    );

    it("counts on loopback each packet once, and finds nothing missing", async () => {
      await using pair = await NetworkPair.create();
      await using live = await LiveCapture.running(pair.edge, { networks, ...path, interfaces: ["lo"] });
      const script = `import socket
receiver, sender = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
receiver.bind(("127.0.0.1", 9))
for _ in range(50): sender.sendto(bytes(72), ("127.0.0.1", 9))`;
      await pair.edge.exec("python3", ["-c", script]);
      await live.stop();
      expect(live.rows).toEqual({ "127.0.0.1 everything": [5_000, 50, 5_000, 50] });
      const completeness = live.windows
        .filter(({ quality }) => quality.observedMs > 0)
        .map(({ totals, quality }) => completenessOf(quality.observedMs, totals, quality));
      expect(new Set(completeness)).toEqual(new Set([1]));
    });
  });
});

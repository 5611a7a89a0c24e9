// The AF_PACKET socket that libpcap opened in this process, seen from outside (packet(7)): `cap` offers neither
// statistics nor a snap length nor a way to stop reception. What the kernel accepted is delivered in order and exactly once, so a count
// taken at a window's end tells which packet is the window's last, however long it waits in the ring.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import koffi from "koffi";
import { HEADERS_BYTES } from "../decoded-frame.ts";

export const SOL_SOCKET = 1;
export const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
/** struct tpacket_stats_v3: packets, drops, freezes; version 2 has the first two. */
const STATISTICS_BYTES = 12;

/** One instruction of classic BPF, linux/filter.h. */
interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const instruction = (code: number, k: number, [jt, jf] = [0, 0]): Instruction => ({ code, jt, jf, k });
/** BPF_LD + BPF_W + BPF_LEN, BPF_LD + BPF_H + BPF_ABS, BPF_JMP with JGE and JEQ, BPF_RET + BPF_K. */
const loadLength = instruction(0x80, 0);
const loadShort = (at: number): Instruction => instruction(0x28, at);
const ifAtLeast = (k: number, jumps: [number, number]): Instruction => instruction(0x35, k, jumps);
const ifEqual = (k: number, jumps: [number, number]): Instruction => instruction(0x15, k, jumps);
const accept = (bytes: number): Instruction => instruction(0x06, bytes);

/**
 * What of a packet the ring keeps: every header that is decoded. A packet whose IP header does not
 * state its length is kept whole, because its own length must do: over 65,535 bytes (BIG TCP), or with total length 0.
 */
const WHOLE = 262_144;
const LONGEST_STATED = 65_535;
const SNAP_ANY = [loadLength, ifAtLeast(LONGEST_STATED, [1, 0]), accept(HEADERS_BYTES), accept(WHOLE)];
const SNAP_ETHERNET = [
  loadLength,
  ifAtLeast(LONGEST_STATED, [6, 0]),
  // A load beyond the packet's end would reject it.
  ifAtLeast(18, [0, 4]),
  loadShort(12),
  ifEqual(0x0800, [0, 2]),
  loadShort(16),
  ifEqual(0, [1, 0]),
  accept(HEADERS_BYTES),
  accept(WHOLE),
];

const libc = koffi.load("libc.so.6");
const filterType = koffi.struct({ code: "uint16_t", jt: "uint8_t", jf: "uint8_t", k: "uint32_t" });
const programType = koffi.struct({ len: "uint16_t", filter: koffi.pointer(filterType) });
const getsockopt = libc.func("getsockopt", "int", ["int", "int", "int", "void *", "void *"]);
const attachFilter = libc.func("setsockopt", "int", ["int", "int", "int", koffi.pointer(programType), "uint32_t"]);

/** Frames since the socket was opened. */
export interface SocketCounts {
  /** Put into the ring: each will be delivered. */
  readonly accepted: number;
  /** Received while the ring was full. */
  readonly dropped: number;
}

export class PacketSocket {
  readonly fd: number;
  readonly #statistics = Buffer.allocUnsafeSlow(STATISTICS_BYTES);
  readonly #length = Buffer.allocUnsafeSlow(4);
  #accepted = 0;
  #dropped = 0;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** The packet socket of this process. Throws where there is none, or more than one. */
  static find(): PacketSocket {
    const packetInodes = new Set(
      readFileSync("/proc/self/net/packet", "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/).at(-1)),
    );
    const fds = readdirSync("/proc/self/fd").filter((fd) => packetInodes.has(socketInode(fd)));
    if (fds.length !== 1) throw new Error(`capture: expected one packet socket in this process, found ${fds.length}`);
    return new PacketSocket(Number(fds[0]));
  }

  counts(): SocketCounts {
    this.#length.writeInt32LE(STATISTICS_BYTES);
    // Reading resets the kernel's counters.
    const failed: unknown = getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, this.#statistics, this.#length);
    if (failed !== 0) throw new Error(`capture: getsockopt PACKET_STATISTICS failed with errno ${koffi.errno()}`);
    const received = this.#statistics.readUInt32LE(0);
    const dropped = this.#statistics.readUInt32LE(4);
    this.#accepted += received - dropped;
    this.#dropped += dropped;
    return { accepted: this.#accepted, dropped: this.#dropped };
  }

  /** Keeps of each packet in the ring what the decoder needs: ten times as many full-size packets find room. */
  limitSnapLength(ethernet: boolean): void {
    this.#attach(ethernet ? SNAP_ETHERNET : SNAP_ANY);
  }

  /** Accepts nothing from now on; what is in the ring is still delivered. */
  stopReception(): void {
    this.#attach([accept(0)]);
  }

  #attach(filter: readonly Instruction[]): void {
    const program = { len: filter.length, filter };
    const size = koffi.sizeof(programType);
    const failed: unknown = attachFilter(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, program, size);
    if (failed !== 0) throw new Error(`capture: setsockopt SO_ATTACH_FILTER failed with errno ${koffi.errno()}`);
  }
}

function socketInode(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    // The descriptor of the directory listing itself is closed by now.
    return undefined;
  }
}

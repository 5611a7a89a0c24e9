// What the kernel says of an interface. Read from /proc/self/net, which follows the process' network namespace;
// /sys/class/net shows the namespace in which /sys was mounted.

import { openSync, readSync } from "node:fs";
import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const ifNameToIndex = libc.func("if_nametoindex", "uint", ["str"]);
const ioctl = libc.func("int ioctl(int fd, ulong request, void *argument)");

export const SIOCGIFINDEX = 0x8933;
/** struct ifreq, linux/if.h: 16 bytes of name, then the number. */
const IFREQ_BYTES = 40;
const IFREQ_INDEX = 16;
/** Columns of /proc/net/dev after the name: eight of reception, then eight of transmission; packets are the second. */
const RECEIVED_PACKETS = 1;
const SENT_PACKETS = 9;

/** The interface's number, 0 where there is none of this name; one made again under its name has another number. */
export function interfaceIndex(name: string): number {
  return Number(ifNameToIndex(name));
}

/** The same for a process that may open nothing any more: it asks through what it had opened before. */
export class InterfaceWatch {
  readonly #name: string;
  readonly #socket: number;
  readonly #counters = openSync("/proc/self/net/dev", "r");
  #text = Buffer.allocUnsafeSlow(4_096);

  /** `socket` is any socket in the interface's network namespace. */
  constructor(name: string, socket: number) {
    this.#name = name;
    this.#socket = socket;
  }

  index(): number {
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(this.#name);
    const failed: unknown = ioctl(this.#socket, SIOCGIFINDEX, request);
    return failed === 0 ? request.readInt32LE(IFREQ_INDEX) : 0;
  }

  /** Frames received and sent since the interface exists; null where it is gone. */
  frames(): number | null {
    for (const line of this.#read().split("\n")) {
      const colon = line.lastIndexOf(":");
      if (line.slice(0, Math.max(0, colon)).trim() !== this.#name) continue;
      const columns = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      return (columns[RECEIVED_PACKETS] ?? 0) + (columns[SENT_PACKETS] ?? 0);
    }
    return null;
  }

  /** From its beginning the file is made anew. */
  #read(): string {
    for (let length = 0; ;) {
      const read = readSync(this.#counters, this.#text, length, this.#text.length - length, length);
      length += read;
      if (read === 0) return this.#text.toString("latin1", 0, length);
      if (length < this.#text.length) continue;
      const larger = Buffer.allocUnsafeSlow(2 * length);
      this.#text.copy(larger);
      this.#text = larger;
    }
  }
}

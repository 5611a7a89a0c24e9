// What the kernel says of an interface. Read from /proc/self/net, which follows the process' network namespace;
// /sys/class/net shows the namespace in which /sys was mounted.

import { readFileSync } from "node:fs";
import koffi from "koffi";

const ifNameToIndex = koffi.load("libc.so.6").func("if_nametoindex", "uint", ["str"]);

/** Columns of /proc/net/dev after the name: eight of reception, then eight of transmission; packets are the second. */
const RECEIVED_PACKETS = 1;
const SENT_PACKETS = 9;

/** Frames received and sent since the interface exists; null where it is gone. */
export function interfaceFrames(name: string): number | null {
  for (const line of readFileSync("/proc/self/net/dev", "utf8").split("\n")) {
    const colon = line.lastIndexOf(":");
    if (line.slice(0, Math.max(0, colon)).trim() !== name) continue;
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    return (columns[RECEIVED_PACKETS] ?? 0) + (columns[SENT_PACKETS] ?? 0);
  }
  return null;
}

/** The interface's number, 0 where there is none of this name; one made again under its name has another number. */
export function interfaceIndex(name: string): number {
  return Number(ifNameToIndex(name));
}

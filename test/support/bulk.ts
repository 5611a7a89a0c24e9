// Typed front of bulk.py: transfers whose packets the kernel's stacks make themselves, segmentation offload included.

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./netns.ts";

const SCRIPT = fileURLToPath(new URL("bulk.py", import.meta.url));

/** Sends `bytes` over TCP from one end to `address` of the other, which answers with `replyBytes`. */
export async function tcpTransfer(
  from: Namespace,
  { to, address, bytes, replyBytes }: { to: Namespace; address: string; bytes: number; replyBytes: number },
): Promise<void> {
  const server = to.spawn("python3", [SCRIPT, "tcp-serve", address, String(replyBytes)], { stdio: "pipe" });
  let output = "";
  server.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  server.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const closed = once(server, "close");
  if (server.stdout) await Promise.race([once(server.stdout, "data"), closed]);
  const { stdout } = await from.exec("python3", [SCRIPT, "tcp-send", address, String(bytes)]);
  await closed;
  if (output !== `ready\n${bytes}\n` || stdout !== `${replyBytes}\n`)
    throw new Error(`sent ${bytes} and ${replyBytes} bytes; the ends received: ${output}${stdout}`);
}

/** Sends `count` times `payload` bytes in datagrams of `size` each, segmented by the kernel (UDP_SEGMENT). */
export async function udpSegments(
  from: Namespace,
  { address, size, payload, count }: { address: string; size: number; payload: number; count: number },
): Promise<void> {
  await from.exec("python3", [SCRIPT, "udp-gso", address, ...[size, payload, count].map(String)]);
}

/** Lets an interface have packets of up to `bytes`, of both families (BIG TCP). */
export async function allowBigPackets(end: Namespace, interfaceName: string, bytes: number): Promise<void> {
  await end.exec("python3", [SCRIPT, "big-packets", interfaceName, String(bytes)]);
}

/** VIRTIO_NET_HDR_GSO_ numbers of the virtio standard, section 5.1.6. */
export const GuestGso = { tcp4: 1, tcp6: 4, udp: 5 } as const;

export interface GuestFrames {
  /** From the Ethernet header to the end of TCP's or UDP's. */
  readonly headers: Uint8Array;
  readonly type: (typeof GuestGso)[keyof typeof GuestGso];
  readonly gsoSize: number;
  /** Where the checksummed part starts in the frame, and where in it the checksum is. */
  readonly checksum: readonly [start: number, offset: number];
  readonly payload: number;
  readonly count: number;
}

/** Sends unsegmented frames as a virtual machine does: the kernel does not know their number of segments. */
export async function sendAsGuest(from: Namespace, frames: GuestFrames): Promise<void> {
  const { headers, type, gsoSize, checksum, payload, count } = frames;
  const numbers = [type, headers.length, gsoSize, ...checksum, payload, count].map(String);
  await from.exec("python3", [SCRIPT, "guest-gso", from.interface, Buffer.from(headers).toString("hex"), ...numbers]);
}

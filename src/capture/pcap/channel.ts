// The socket between the agent and a capture child. Each message is a length, a JSON head and, for a part, its columns.
// The child uses it synchronously: under load its event loop does not turn, and it must speak and hear all the same.

import { readSync, writeSync } from "node:fs";
import koffi from "koffi";
import type { Network } from "../../model/network.ts";
import type { UsageColumns } from "../../model/window.ts";
import type { WindowPart } from "./live-meter.ts";

export interface StartOrder {
  readonly kind: "start";
  readonly interface: string;
  readonly ringBytes: number;
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly networks: readonly Network[];
  readonly networksVersion: number;
}

/** What the agent tells the child. */
export type Order =
  | StartOrder
  | { readonly kind: "reload"; readonly networks: readonly Network[]; readonly networksVersion: number }
  | { readonly kind: "stop" };

/** What the child tells the agent. After `failed` it ends by itself. */
export type Report =
  | {
      readonly kind: "opened";
      readonly linkType: string;
      readonly exactBoundaries: boolean;
      /** What of its confinement could not be had, a line each. */
      readonly unconfined: readonly string[];
    }
  | { readonly kind: "part"; readonly part: WindowPart }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly reason: string };

/** The child's end of the socket. */
export const CHANNEL_FD = 3;

const HEAD_BYTES = 8;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const libc = koffi.load("libc.so.6");
const recv = libc.func("recv", "long", ["int", "void *", "size_t", "int"]);

/** Length of everything after it, length of the JSON; then JSON, padded so that the columns are aligned; then columns. */
export function encodeMessage(message: Order | Report): Buffer {
  const usage = message.kind === "part" ? message.part.usage : null;
  const plain =
    message.kind === "part" ? { ...message, part: { ...message.part, usage: message.part.usage.length } } : message;
  const json = Buffer.from(JSON.stringify(plain));
  const padded = Math.ceil(json.length / 8) * 8;
  const columns = usage ? columnsOf(usage) : [];
  const bytes = Buffer.alloc(HEAD_BYTES + padded + columns.reduce((sum, column) => sum + column.byteLength, 0), " ");
  bytes.writeUInt32LE(bytes.length - 4, 0);
  bytes.writeUInt32LE(padded, 4);
  json.copy(bytes, HEAD_BYTES);
  let at = HEAD_BYTES + padded;
  for (const column of columns) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return bytes;
}

/** Cuts a stream of bytes into messages; keeps what is incomplete for the next chunk. */
export class MessageReader<T extends Order | Report> {
  #chunks: Buffer[] = [];
  #length = 0;

  *read(chunk: Buffer): Generator<T> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (let total = this.#nextLength(); total !== null && this.#length >= total; total = this.#nextLength()) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? chunk) : Buffer.concat(this.#chunks);
      const rest = all.subarray(total);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#length = rest.length;
      yield decodeMessage(all.subarray(0, total)) as T;
    }
  }

  #nextLength(): number | null {
    if (this.#length < HEAD_BYTES) return null;
    const [first] = this.#chunks;
    if (first && first.length < HEAD_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
    return (this.#chunks[0]?.readUInt32LE(0) ?? 0) + 4;
  }
}

/** The child's side: blocks to write, never to read (but for the first order). */
export class ChildChannel {
  readonly #reader = new MessageReader<Order>();
  readonly #buffer = Buffer.allocUnsafeSlow(65_536);
  /** Arrived and not yet returned. */
  readonly #orders: Order[] = [];

  send(report: Report): void {
    const bytes = encodeMessage(report);
    for (let at = 0; at < bytes.length;) at += writeSync(CHANNEL_FD, bytes, at);
  }

  /** Waits for the first order. Null where the agent is gone. */
  receiveFirst(): Order | null {
    for (;;) {
      const length = readSync(CHANNEL_FD, this.#buffer);
      if (length === 0) return null;
      this.#read(length);
      const first = this.#orders.shift();
      if (first) return first;
    }
  }

  /** The orders that have arrived. Null where the agent is gone. */
  receive(): readonly Order[] | null {
    for (;;) {
      const length = Number(recv(CHANNEL_FD, this.#buffer, this.#buffer.length, MSG_DONTWAIT));
      if (length === 0) return null;
      if (length < 0) return koffi.errno() === EAGAIN ? this.#orders.splice(0) : null;
      this.#read(length);
    }
  }

  #read(length: number): void {
    this.#orders.push(...this.#reader.read(Buffer.from(this.#buffer.subarray(0, length))));
  }
}

type Column = Float64Array | Uint32Array;

function columnsOf(usage: UsageColumns): Column[] {
  const { bytesIn, packetsIn, bytesOut, packetsOut, addresses, networks } = usage;
  return [bytesIn, packetsIn, bytesOut, packetsOut, addresses, networks];
}

function decodeMessage(bytes: Buffer): Order | Report {
  const jsonLength = bytes.readUInt32LE(4);
  const json = bytes.toString("utf8", HEAD_BYTES, HEAD_BYTES + jsonLength);
  const message = JSON.parse(json) as Order | Report;
  if (message.kind !== "part") return message;
  const length = Number(message.part.usage);
  // Copied, so that the columns are aligned and do not hold the whole message.
  let at = HEAD_BYTES + jsonLength;
  const take = (size: number): ArrayBuffer => {
    at += size;
    return new Uint8Array(bytes.subarray(at - size, at)).buffer;
  };
  const float = (): Float64Array => new Float64Array(take(length * 8));
  const [bytesIn, packetsIn, bytesOut, packetsOut] = [float(), float(), float(), float()];
  const addresses = new Uint32Array(take(length * 16));
  const usage = {
    length,
    bytesIn,
    packetsIn,
    bytesOut,
    packetsOut,
    addresses,
    networks: new Uint32Array(take(length * 4)),
  };
  return { kind: "part", part: { ...message.part, usage } };
}

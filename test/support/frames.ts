// Builders of frames, from the inside out: ethernet(VLAN, vlan(7, IPV4, ipv4({}))). Headers are correct unless told
// otherwise; checksums are left 0.

import { addressToBytes, parseAddress } from "../../src/model/address.ts";

export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;
export const VLAN = 0x8100;
export const SERVICE_VLAN = 0x88a8;
export const OLD_SERVICE_VLAN = 0x9100;
export const MPLS = 0x8847;
export const PPPOE = 0x8864;

export interface IPv4Fields {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  /** Flags and fragment offset as one 16-bit field. */
  readonly fragment?: number;
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
  readonly version?: number;
  readonly headerWords?: number;
  readonly totalLength?: number;
}

export interface IPv6Fields {
  readonly source?: string;
  readonly destination?: string;
  readonly nextHeader?: number;
  readonly payload?: Uint8Array;
  readonly version?: number;
  readonly payloadLength?: number;
}

/** Concatenates hexadecimal text (spaces allowed), byte lists and frames. */
export function bytes(...parts: readonly (string | readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    Buffer.concat(parts.map((part) => Buffer.from(typeof part === "string" ? fromHex(part) : part))),
  );
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** The frame with zeros behind it up to `length`, as Ethernet pads to 60. */
export function padded(frame: Uint8Array, length: number): Uint8Array {
  return bytes(frame, zeros(Math.max(0, length - frame.length)));
}

export function cut(frame: Uint8Array, length: number): Uint8Array {
  return frame.slice(0, length);
}

export function ethernet(type: number, payload: Uint8Array): Uint8Array {
  return bytes("02 00 00 00 00 02  02 00 00 00 00 01", short(type), payload);
}

/** What follows a VLAN EtherType: tag control information and the EtherType of the payload. */
export function vlan(id: number, type: number, payload: Uint8Array, priority = 0): Uint8Array {
  return bytes(short((priority << 13) | id), short(type), payload);
}

/** An IEEE 802.3 frame, whose length field says how long the LLC payload is. */
export function ieee8023(payload: Uint8Array): Uint8Array {
  return ethernet(payload.length, payload);
}

export function snap(type: number, payload: Uint8Array, organisation = "00 00 00"): Uint8Array {
  return bytes("aa aa 03", organisation, short(type), payload);
}

/** A stack of labels, the last one with the bottom-of-stack bit. */
export function mpls(labels: readonly number[], payload: Uint8Array): Uint8Array {
  const entries = labels.map((label, index) => word((label << 12) | (index === labels.length - 1 ? 0x100 : 0) | 64));
  return bytes(...entries, payload);
}

export function pppoe(protocol: number, payload: Uint8Array, versionAndCode = "11 00"): Uint8Array {
  return bytes(versionAndCode, short(0x2a), short(payload.length + 2), short(protocol), payload);
}

/** Linux cooked capture, version 1. */
export function sll(protocol: number, payload: Uint8Array): Uint8Array {
  return bytes("00 04  00 01  00 06  02 00 00 00 00 01 00 00", short(protocol), payload);
}

/** Linux cooked capture, version 2. */
export function sll2(protocol: number, payload: Uint8Array): Uint8Array {
  return bytes(short(protocol), "00 00  00 00 00 02  00 01  04  06  02 00 00 00 00 01 00 00", payload);
}

export function ipv4(fields: IPv4Fields): Uint8Array {
  const { options = zeros(0), payload = udp(18) } = fields;
  const headerWords = fields.headerWords ?? 5 + options.length / 4;
  const totalLength = fields.totalLength ?? 20 + options.length + payload.length;
  return bytes(
    [((fields.version ?? 4) << 4) | headerWords, 0],
    [...short(totalLength), ...short(1), ...short(fields.fragment ?? 0), 64, fields.protocol ?? 17, 0, 0],
    addressBytes(fields.source ?? "192.0.2.1").subarray(12),
    addressBytes(fields.destination ?? "198.51.100.2").subarray(12),
    options,
    payload,
  );
}

export function ipv6(fields: IPv6Fields): Uint8Array {
  const { payload = udp(18) } = fields;
  return bytes(
    [(fields.version ?? 6) << 4, 0, 0, 0, ...short(fields.payloadLength ?? payload.length)],
    [fields.nextHeader ?? 17, 64],
    addressBytes(fields.source ?? "2001:db8::1"),
    addressBytes(fields.destination ?? "2001:db8:ffff::2"),
    payload,
  );
}

/** A UDP datagram with `length` bytes of payload. */
export function udp(length: number): Uint8Array {
  return bytes(short(40_000), short(40_001), short(length + 8), [0, 0], zeros(length));
}

/** A hop-by-hop header (RFC 8200 section 4.3) with these options, whose length must be 6 more than a multiple of 8. */
export function hopByHop(nextHeader: number, options: Uint8Array, payload: Uint8Array): Uint8Array {
  return bytes([nextHeader, (options.length + 2) / 8 - 1], options, payload);
}

/** The Jumbo Payload option, RFC 2675 section 2. */
export function jumboOption(length: number): Uint8Array {
  return bytes([0xc2, 4], word(length));
}

export function short(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

export function word(value: number): number[] {
  return [...short(value >>> 16), ...short(value & 0xffff)];
}

function fromHex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

function addressBytes(text: string): Buffer {
  const address = parseAddress(text);
  if (address === null) throw new Error(`not an address: ${text}`);
  return addressToBytes(address);
}

// Frames and windows for the tests of the meter and of what adds up its windows.

import * as fc from "fast-check";
import { expect } from "vitest";

import { DecodedFrame, FrameKind } from "../../../src/capture/decoded-frame.ts";
import { Meter } from "../../../src/capture/meter.ts";
import { NetworkTable } from "../../../src/capture/network-table.ts";
import { type Address, addressAt, formatAddress, parseAddress } from "../../../src/model/address.ts";
import { parsePrefix, type Prefix } from "../../../src/model/prefix.ts";
import type { UsageColumns, WindowTotals } from "../../../src/model/window.ts";

/** The networks that `metered` accounts. */
export const networks = new NetworkTable(
  [
    { name: "acme", prefixes: ["192.0.2.0/24", "2001:db8:1::/48"] },
    { name: "globex", prefixes: ["198.51.100.0/24", "192.0.2.128/25"] },
    { name: "everything-else-in-ff", prefixes: ["ff00::/8"] },
  ].map(({ name, prefixes }) => ({ name, prefixes: prefixes.map(prefix), labels: {}, billBy: "network" })),
);
/** An address in none of them. */
export const REMOTE = "203.0.113.9";

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(`${text} ${parsed.problem}`);
  return parsed.value;
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

export function packet(from: string, to: string, bytes: number): DecodedFrame {
  const [s0, s1, s2, s3] = address(from);
  const [d0, d1, d2, d3] = address(to);
  const source = { source0: s0 | 0, source1: s1 | 0, source2: s2 | 0, source3: s3 | 0 };
  const destination = { destination0: d0 | 0, destination1: d1 | 0, destination2: d2 | 0, destination3: d3 | 0 };
  return Object.assign(new DecodedFrame(), { kind: FrameKind.ip, bytes, ...source, ...destination });
}

export function other(kind: FrameKind): DecodedFrame {
  return Object.assign(packet("192.0.2.1", REMOTE, 999), { kind });
}

interface Taken {
  readonly usage: UsageColumns;
  readonly totals: WindowTotals;
}

export function metered(frames: readonly DecodedFrame[], maxAddresses = 100): Taken {
  const meter = new Meter(networks, maxAddresses);
  for (const frame of frames) meter.count(frame);
  return meter.take();
}

/** Address and network to `[bytesIn, packetsIn, bytesOut, packetsOut]`; fails where a row is there twice. */
export function rowsOf({ usage }: Taken): Record<string, (number | undefined)[]> {
  const rows: Record<string, (number | undefined)[]> = {};
  for (let row = 0; row < usage.length; row++) {
    const key = `${formatAddress(addressAt(usage.addresses, row))} ${networks.names[usage.networks[row] ?? -1] ?? "?"}`;
    expect(rows).not.toHaveProperty([key]);
    rows[key] = [usage.bytesIn[row], usage.packetsIn[row], usage.bytesOut[row], usage.packetsOut[row]];
  }
  return rows;
}

const sum = (column: Float64Array): number => column.reduce((total, value) => total + value, 0);

export function expectConservation({ usage, totals }: Taken): void {
  expect(totals.ipBytes + totals.internalBytes).toBe(
    sum(usage.bytesIn) + sum(usage.bytesOut) + totals.unaccountedBytes,
  );
  expect(totals.ipPackets + totals.internalPackets).toBe(
    sum(usage.packetsIn) + sum(usage.packetsOut) + totals.unaccountedPackets,
  );
  expect(totals.frames).toBe(totals.ipPackets + totals.nonIpFrames + totals.parseFailures);
}

const anyAddress = fc.oneof(
  fc.nat(9).map((host) => `192.0.2.${host + 124}`),
  fc.nat(4).map((host) => `198.51.100.${host}`),
  fc.nat(4).map((host) => `2001:db8:1::${host}`),
  fc.constantFrom(REMOTE, "192.0.3.1", "2001:db8::1", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
);
/** Addresses in and out of the networks, few enough to come again. */
export const anyFrame = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(anyAddress, anyAddress, fc.nat(2 ** 32)).map((args) => packet(...args)) },
  { weight: 1, arbitrary: fc.constantFrom(other(FrameKind.nonIp), other(FrameKind.parseFailure)) },
);

// Windows as capture hands them over, from a few rows.

import { OVERFLOW_ADDRESS, parseAddress } from "../../src/model/address.ts";
import { emptyTotals, type WindowUsage } from "../../src/model/window.ts";

export interface Row {
  /** An address, or `overflow`. */
  readonly ip: string;
  /** Index into the window's networks. */
  readonly network?: number;
  readonly bytesIn?: number;
  readonly packetsIn?: number;
  readonly bytesOut?: number;
  readonly packetsOut?: number;
}

/** A 60 s window of eth0 with one network, `acme`, observed as a whole. */
export function windowUsage(startMs: number, rows: readonly Row[], changes: Partial<WindowUsage> = {}): WindowUsage {
  const column = (of: (row: Row) => number | undefined): Float64Array => Float64Array.from(rows, (row) => of(row) ?? 0);
  const usage = {
    length: rows.length,
    addresses: Uint32Array.from(rows.flatMap(({ ip }) => words(ip))),
    networks: Uint32Array.from(rows, ({ network }) => network ?? 0),
    bytesIn: column(({ bytesIn }) => bytesIn),
    packetsIn: column(({ packetsIn }) => packetsIn),
    bytesOut: column(({ bytesOut }) => bytesOut),
    packetsOut: column(({ packetsOut }) => packetsOut),
  };
  const sum = (...columns: Float64Array[]): number =>
    columns.reduce((total, values) => total + values.reduce((a, b) => a + b, 0), 0);
  const packets = sum(usage.packetsIn, usage.packetsOut);
  const totals = { ...emptyTotals(), frames: packets, ipPackets: packets, ipBytes: sum(usage.bytesIn, usage.bytesOut) };
  return {
    interface: "eth0",
    source: null,
    startMs,
    endMs: startMs + 60_000,
    networks: ["acme"],
    usage,
    totals,
    quality: { observedMs: 60_000, droppedFrames: 0, interfaceFrames: packets, clockStepMs: 0 },
    ...changes,
  };
}

function words(ip: string): readonly number[] {
  const address = ip === "overflow" ? OVERFLOW_ADDRESS : parseAddress(ip);
  if (address === null) throw new Error(`${ip} is no address`);
  return address;
}

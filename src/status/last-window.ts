// What the status says of the last window of an interface. Runs once a window on the agent's own event loop, over columns
// of up to a million rows: no row makes an object.

import { addressAt, formatAddress } from "../model/address.ts";
import { completenessOf, type UsageColumns, type WindowUsage } from "../model/window.ts";
import type { InterfaceStatus, TopAddress } from "./status.ts";

export const TOP_ADDRESSES = 20;

type Rates = Pick<InterfaceStatus, "completeness" | "in_bps" | "out_bps" | "unaccounted_bps" | "dropped_frames">;

export interface LastWindow {
  readonly endMs: number;
  readonly rates: Rates;
  /** Of each network, by its index, as bits a second. */
  readonly networks: readonly string[];
  readonly inBps: Float64Array;
  readonly outBps: Float64Array;
  /** The busiest first. */
  readonly top: readonly TopAddress[];
}

export function lastWindowOf(window: WindowUsage): LastWindow {
  const { usage, networks, totals, quality } = window;
  const bps = bitsPerSecond(window.endMs - window.startMs);
  const inBps = new Float64Array(networks.length);
  const outBps = new Float64Array(networks.length);
  for (let row = 0; row < usage.length; row++) {
    const index = usage.networks[row] ?? 0;
    inBps[index] = (inBps[index] ?? 0) + (usage.bytesIn[row] ?? 0);
    outBps[index] = (outBps[index] ?? 0) + (usage.bytesOut[row] ?? 0);
  }
  const sum = (bytes: Float64Array): number => bps(bytes.reduce((total, one) => total + one, 0));
  const rates = {
    completeness: completenessOf(window.endMs - window.startMs, totals, quality),
    in_bps: sum(inBps),
    out_bps: sum(outBps),
    unaccounted_bps: bps(totals.unaccountedBytes),
    dropped_frames: quality.droppedFrames,
  };
  const top = [...busiestRows(usage)].map((row) => topAddress(window, row));
  return { endMs: window.endMs, rates, networks, inBps: inBps.map(bps), outBps: outBps.map(bps), top };
}

function bitsPerSecond(windowMs: number): (bytes: number) => number {
  return (bytes) => (bytes * 8_000) / windowMs;
}

/** The rows with the most bytes, the greatest first, by insertion: all but a few are no greater than the last of them. */
function busiestRows(usage: UsageColumns): Uint32Array {
  const rows = new Uint32Array(TOP_ADDRESSES);
  const bytes = new Float64Array(TOP_ADDRESSES);
  let count = 0;
  let least = 0;
  for (let row = 0; row < usage.length; row++) {
    const sum = (usage.bytesIn[row] ?? 0) + (usage.bytesOut[row] ?? 0);
    if (sum <= least) continue;
    let at = Math.min(count, TOP_ADDRESSES - 1);
    for (; at > 0 && (bytes[at - 1] ?? 0) < sum; at--) {
      rows[at] = rows[at - 1] ?? 0;
      bytes[at] = bytes[at - 1] ?? 0;
    }
    rows[at] = row;
    bytes[at] = sum;
    count = Math.min(count + 1, TOP_ADDRESSES);
    // What is no greater than the last of them is passed over, and at first what is 0.
    if (count === TOP_ADDRESSES) least = bytes[TOP_ADDRESSES - 1] ?? 0;
  }
  return rows.subarray(0, count);
}

function topAddress({ usage, networks, interface: name, startMs, endMs }: WindowUsage, row: number): TopAddress {
  const bps = bitsPerSecond(endMs - startMs);
  const [bytesIn, bytesOut] = [usage.bytesIn[row] ?? 0, usage.bytesOut[row] ?? 0];
  return {
    address: formatAddress(addressAt(usage.addresses, row)),
    network: networks[usage.networks[row] ?? 0] ?? "",
    interface: name,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    in_bps: bps(bytesIn),
    out_bps: bps(bytesOut),
  };
}

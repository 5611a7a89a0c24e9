// The JSON of `acct-agent replay --json`: snake_case, a contract with other programs. Bytes are in the configured layer.

import type { ReplayedFile } from "../capture/replay/replay.ts";
import { addressAt, compareAddresses, formatAddress } from "../model/address.ts";
import type { UsageColumns, WindowTotals } from "../model/window.ts";

export interface ReplayReport {
  readonly frames: number;
  /** Times of the first and last packet, ISO 8601 UTC; null without packets. */
  readonly first: string | null;
  readonly last: string | null;
  /** Every file's content was accounted before, in the ledger: these totals were not added to it again. */
  readonly already_accounted: boolean;
  readonly files: readonly ReportedFile[];
  /** By network, then by address. */
  readonly addresses: readonly ReportedAddress[];
  readonly totals: ReportedTotals;
}

interface ReportedFile {
  readonly file: string;
  readonly frames: number;
  /** SHA-256 of the unpacked content. */
  readonly digest: string;
  readonly truncated: boolean;
  readonly already_accounted: boolean;
}

interface ReportedAddress {
  readonly address: string;
  readonly network: string;
  readonly bytes_in: number;
  readonly packets_in: number;
  readonly bytes_out: number;
  readonly packets_out: number;
}

interface ReportedTotals {
  readonly ip_packets: number;
  readonly ip_bytes: number;
  readonly unaccounted_packets: number;
  readonly unaccounted_bytes: number;
  readonly internal_packets: number;
  readonly internal_bytes: number;
  readonly overflow_packets: number;
  readonly overflow_bytes: number;
  readonly non_ip_frames: number;
  readonly parse_failures: number;
}

export interface ReplayResult {
  readonly files: readonly ReplayedFile[];
  readonly usage: UsageColumns;
  readonly totals: WindowTotals;
  readonly networks: readonly string[];
  /** Bytes that the configured layer adds to each packet. */
  readonly overhead: number;
}

export function replayReport({ files, usage, totals, networks, overhead }: ReplayResult): ReplayReport {
  const times = files.flatMap(({ firstMs, lastMs }) => (firstMs === null || lastMs === null ? [] : [firstMs, lastMs]));
  const iso = (pick: (a: number, b: number) => number): string | null =>
    times.length === 0 ? null : new Date(times.reduce((a, b) => pick(a, b))).toISOString();
  return {
    frames: totals.frames,
    first: iso(Math.min),
    last: iso(Math.max),
    already_accounted: files.every(({ state }) => state !== "new"),
    files: files.map(({ path, packets, digest, truncated, state }) => ({
      file: path,
      frames: packets,
      digest,
      truncated,
      already_accounted: state !== "new",
    })),
    addresses: addressesOf(usage, networks, overhead),
    totals: totalsOf(totals, overhead),
  };
}

function addressesOf(usage: UsageColumns, networks: readonly string[], overhead: number): ReportedAddress[] {
  const rows = Array.from({ length: usage.length }, (_, row) => row);
  const network = (row: number): number => usage.networks[row] ?? 0;
  const order = (a: number, b: number): number =>
    network(a) - network(b) || compareAddresses(addressAt(usage.addresses, a), addressAt(usage.addresses, b));
  return rows.sort(order).map((row) => {
    const [packets_in, packets_out] = [usage.packetsIn[row] ?? 0, usage.packetsOut[row] ?? 0];
    return {
      address: formatAddress(addressAt(usage.addresses, row)),
      network: networks[network(row)] ?? "",
      bytes_in: (usage.bytesIn[row] ?? 0) + packets_in * overhead,
      packets_in,
      bytes_out: (usage.bytesOut[row] ?? 0) + packets_out * overhead,
      packets_out,
    };
  });
}

function totalsOf(totals: WindowTotals, overhead: number): ReportedTotals {
  return {
    ip_packets: totals.ipPackets,
    ip_bytes: totals.ipBytes + totals.ipPackets * overhead,
    unaccounted_packets: totals.unaccountedPackets,
    unaccounted_bytes: totals.unaccountedBytes + totals.unaccountedPackets * overhead,
    internal_packets: totals.internalPackets,
    internal_bytes: totals.internalBytes + totals.internalPackets * overhead,
    overflow_packets: totals.overflowPackets,
    overflow_bytes: totals.overflowBytes + totals.overflowPackets * overhead,
    non_ip_frames: totals.nonIpFrames,
    parse_failures: totals.parseFailures,
  };
}

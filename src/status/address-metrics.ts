// The counters of every address in the Prometheus text format: the series that are pushed, without what names the agent.
// In pieces, each with memory of its own that changes hands: 65,536 addresses are 262,144 lines, 32 MiB and more by the
// labels. Bounded: of more addresses there is nothing, so that an answer is made well within its time.

import type { Database } from "../buffer/database.ts";
import { countLive, type LiveCounters, liveCounters } from "../buffer/counted-addresses.ts";
import { storedInterfaces, storedNetworks } from "../buffer/recent-usage.ts";
import { addressFromBytes, formatAddress } from "../model/address.ts";
import type { Labels } from "../model/network.ts";

interface Family {
  readonly name: string;
  readonly help: string;
  /** Places of the two directions in a row. */
  readonly in: 1 | 3;
  readonly out: 2 | 4;
}

const FAMILIES: readonly Family[] = [
  {
    name: "acct_bytes_total",
    help: "Bytes from (out) and to (in) an accounted address, in the configured layer.",
    in: 1,
    out: 2,
  },
  { name: "acct_packets_total", help: "Packets from (out) and to (in) an accounted address.", in: 3, out: 4 },
];
const CHUNK_ROWS = 2_048;

/** Of all interfaces together, one on two of them twice: about 130 MiB, and three seconds of a busy processor. */
export const MAX_EXPOSED_ADDRESSES = 262_144;

/** UTF-8, to be put one behind the other; or why there is nothing. */
export type AddressMetrics =
  | { readonly kind: "pieces"; readonly pieces: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: "too many" };

export interface AddressMetricsOptions {
  /** On every series. */
  readonly externalLabels: Labels;
  /** Lets others work; called every 2,048 rows. */
  readonly pause: () => Promise<void>;
  /** Addresses; default: MAX_EXPOSED_ADDRESSES. */
  readonly most?: number;
}

/** As the ledger is in the snapshot, however long it takes. */
export async function addressMetrics(
  database: Database,
  { externalLabels, pause, most = MAX_EXPOSED_ADDRESSES }: AddressMetricsOptions,
): Promise<AddressMetrics> {
  if (countLive(database, most + 1) > most) return { kind: "too many" };
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const interfaces = storedInterfaces(database);
  const networks = storedNetworks(database);
  for (const family of FAMILIES) {
    pieces.push(encoded(`# HELP ${family.name} ${family.help}\n# TYPE ${family.name} counter\n`));
    for (const { id: interfaceId, name } of interfaces) {
      for (const network of networks) {
        const labels = labelText({ ...externalLabels, ...network.labels, network: network.name, interface: name });
        await writeRows(pieces, {
          family,
          labels,
          rows: liveCounters(database, { interface: interfaceId, network: network.id }),
          pause,
        });
      }
    }
  }
  return { kind: "pieces", pieces };
}

interface Rows {
  readonly family: Family;
  readonly labels: string;
  readonly rows: Iterable<LiveCounters>;
  readonly pause: () => Promise<void>;
}

async function writeRows(pieces: Uint8Array[], { family, labels, rows, pause }: Rows): Promise<void> {
  const [head, inside, outside] = [
    `${family.name}{ip="`,
    `",direction="in",${labels}} `,
    `",direction="out",${labels}} `,
  ];
  let chunk = "";
  let count = 0;
  for (const row of rows) {
    const ip = formatAddress(addressFromBytes(row[0]));
    chunk += `${head}${ip}${inside}${row[family.in]}\n${head}${ip}${outside}${row[family.out]}\n`;
    count += 1;
    if (count % CHUNK_ROWS !== 0) continue;
    pieces.push(encoded(chunk));
    chunk = "";
    await pause();
  }
  if (chunk !== "") pieces.push(encoded(chunk));
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

/** Text format 0.0.4: backslash, double quote and line feed. */
function escaped(value: string): string {
  return value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

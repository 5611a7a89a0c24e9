// The intervals that bills are made of, as CSV: what anyone needs to compute them again. One line for each interval that a
// series has or is expected to have. Lines end in a line feed, as sort and awk want them.

import { BILLING_INTERVAL_MS } from "../model/time.ts";
import { csvLine } from "./csv.ts";
import type { BillEntry } from "./report.ts";
import { partsOf, type SeriesPart } from "./month-grid.ts";

export const INTERVALS_HEADER = "customer,name,network,instance,interface,start,bytes_in,bytes_out,present\n";

/** Lines of one bill, in pieces of one series. A missing interval has 0 bytes and `present` 0. */
export function* intervalLines({ bill, grid, usage, period }: BillEntry): Generator<string> {
  const parts = partsOf(period, usage.series);
  const endMs = Math.min(bill.toMs, period.coveredEndMs);
  const firstMs = (part: SeriesPart): number => part.series.startsMs[part.from] ?? grid.startMs;
  const earliestMs = parts.reduce((earliest, part) => Math.min(earliest, firstMs(part)), Infinity);
  for (const part of parts) {
    // Of what reported first, all that is covered is expected; of the others what follows their first interval.
    const startMs = firstMs(part) === earliestMs ? period.coveredStartMs : firstMs(part);
    const { network, instance, interface: name } = part.series;
    const prefix = csvLine([bill.contract.customer, bill.contract.name, network, instance, name]);
    yield linesOf(part, prefix, { startMs, endMs });
  }
}

function linesOf({ series, from }: SeriesPart, prefix: string, range: { startMs: number; endMs: number }): string {
  let text = "";
  let row = from;
  for (let timeMs = range.startMs; timeMs < range.endMs; timeMs += BILLING_INTERVAL_MS) {
    const isPresent = series.startsMs[row] === timeMs;
    const bytes = isPresent ? `${series.bytesIn[row]},${series.bytesOut[row]},1` : "0,0,0";
    text += `${prefix},${new Date(timeMs).toISOString()},${bytes}\n`;
    if (isPresent) row++;
  }
  return text;
}

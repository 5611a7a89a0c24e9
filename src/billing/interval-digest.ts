// The digest of the intervals that a bill was made of: who has the same intervals gets the same digest, in any language.
// The text is the lines `network,instance,interface,start,bytes_in,bytes_out` without a header, each ended by a line
// feed, in the order of their UTF-8 bytes (LC_ALL=C sort); fields as in `report --intervals`.

import { createHash } from "node:crypto";
import { csvLine } from "./csv.ts";
import type { IntervalSeries } from "./interval-series.ts";

/** SHA-256 of the canonical text of all intervals of `series`, 64 hexadecimal digits. */
export function intervalsSha256(series: readonly IntervalSeries[]): string {
  const hash = createHash("sha256");
  const named = series.map((one) => ({ one, prefix: prefixOf(one) }));
  // Equal prefixes cannot be: no line is the beginning of another, so ordering series and starts orders the lines.
  named.sort((a, b) => Buffer.compare(a.prefix, b.prefix));
  for (const { one, prefix } of named) hash.update(linesOf(one, prefix.toString()));
  return hash.digest("hex");
}

function prefixOf({ network, instance, interface: name }: IntervalSeries): Buffer {
  return Buffer.from(`${csvLine([network, instance, name])},`);
}

function linesOf({ startsMs, bytesIn, bytesOut }: IntervalSeries, prefix: string): string {
  let text = "";
  for (const [index, startMs] of startsMs.entries())
    text += `${prefix}${new Date(startMs).toISOString()},${bytesIn[index] ?? 0},${bytesOut[index] ?? 0}\n`;
  return text;
}

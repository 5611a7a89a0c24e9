// What a month that is not over may come to: ranks over the whole period's intervals, in what there is so far.

import { intervalsBetween } from "../model/calendar.ts";
import type { BillPeriod } from "./bill-period.ts";
import { discardedOf } from "./percentile.ts";

/** Ranks from the top, as in `valueAtRank`, and what is discarded of the whole period. */
export interface ProjectedRanks {
  /** As if only zeros followed. */
  readonly best: number;
  /** As if every interval that the contract still covers were the greatest so far. */
  readonly worst: number;
  readonly discarded: number;
}

/** For `ranked` of the `elapsed` first intervals of a period; those that were left out are not in the whole either. */
export function projectedRanks(
  period: BillPeriod,
  { elapsed, ranked, perMille }: { elapsed: number; ranked: number; perMille: number },
): ProjectedRanks {
  const remaining = intervalsBetween(period.startMs, period.finalEndMs) - elapsed;
  const covered = Math.min(remaining, intervalsBetween(period.startMs, period.coveredEndMs) - elapsed);
  const discarded = discardedOf(ranked + remaining, perMille);
  return { best: discarded + 1, worst: discarded + 1 - Math.max(0, covered), discarded };
}

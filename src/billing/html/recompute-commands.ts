// The commands that recompute a bill from the CSV of its intervals, with what every system has: awk, sort, sed, sha256sum.
// Its columns are customer, name, network, instance, interface, start, bytes_in, bytes_out, present; fields are counted from
// the end, since a customer may hold commas.

import { BILLING_INTERVAL_MS } from "../../model/time.ts";
import type { Bill } from "../bill.ts";
import { type Basis, billedValue } from "../billed-value.ts";
import type { MonthGrid } from "../month-grid.ts";

export interface RecomputeCommands {
  /** Prints the digest of the intervals that were observed, as interval-digest.ts has it. */
  readonly digest: string;
  /** Print the bytes of each figure that is billed, which are added; none where each network is ranked alone. */
  readonly ranks: readonly string[];
}

/** Null where the contract's name has characters that awk or CSV would take for their own. */
export function recomputeCommands(bill: Bill, grid: MonthGrid): RecomputeCommands | null {
  const { name } = bill.contract;
  if (name !== null && !/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/.test(name)) return null;
  const lines = ["NR > 1", `$(NF-7) == "${name ?? ""}"`, ...daysOf(bill, grid)].join(" && ");
  return { digest: digestCommand(lines), ranks: rankCommands(bill, lines) };
}

function digestCommand(lines: string): string {
  const fields = [6, 5, 4, 3, 2, 1].map((back) => `$(NF-${back})`).join(", ");
  return `awk -F, -v OFS=, '${lines} && $NF {\n  print ${fields}\n}' intervals.csv |\n  LC_ALL=C sort | sha256sum`;
}

function rankCommands(bill: Bill, lines: string): readonly string[] {
  const { contract, rank } = bill;
  if (contract.aggregation === "sum_of_percentiles") return [];
  const kept = contract.gaps === "exclude" ? "if (!m[t]) " : "";
  const added = `${lines} {\n  t = $(NF-3); i[t] += $(NF-2); o[t] += $(NF-1); m[t] += !$NF\n}`;
  return basesOf(bill).map((basis) => {
    const print = ` END { for (t in i) ${kept}printf "%.0f\\n", ${VALUES[basis]} }`;
    return `awk -F, '${added}${print}' intervals.csv |\n  sort -nr | sed -n ${rank}p`;
  });
}

const VALUES: Readonly<Record<Basis, string>> = {
  in: "i[t]",
  out: "o[t]",
  sum: "i[t] + o[t]",
  // In parentheses, since awk would print into a file.
  max: "(i[t] > o[t] ? i[t] : o[t])",
};

/** What is billed without the other contract of that name, which the month may have before or after. */
function daysOf({ contract: { starts, ends } }: Bill, { startMs, expected }: MonthGrid): readonly string[] {
  if (starts === null && ends === null) return [];
  const iso = (index: number): string => new Date(startMs + index * BILLING_INTERVAL_MS).toISOString();
  const first = expected.findIndex((count) => count > 0);
  const last = expected.findLastIndex((count) => count > 0);
  return first < 0 ? [] : [`$(NF-3) >= "${iso(first)}"`, `$(NF-3) <= "${iso(last)}"`];
}

function basesOf({ contract, p95InBytes, p95OutBytes, billableBytes }: Bill): readonly Basis[] {
  if (contract.direction === "sum_of_percentiles") return ["in", "out"];
  return [billedValue({ bytesIn: p95InBytes, bytesOut: p95OutBytes, merged: billableBytes }, contract.direction).basis];
}

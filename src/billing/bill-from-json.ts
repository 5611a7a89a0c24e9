// Reads a bill back from its JSON: what was stored, and files that anyone hands in. Keys that a later program adds are
// left aside; a contract that this program does not understand is refused, because it could change the bill.

import { z } from "zod";

import type { Contract } from "../model/contract.ts";
import type { Parsed } from "../model/prefix.ts";
import type { Bill } from "./bill.ts";
import { contractFromJson } from "./contract-from-json.ts";
import type { ExactJson } from "./exact-json.ts";

const time = z.iso.datetime().transform((text) => Date.parse(text));
const count = z.int().nonnegative();
const rate = z.number().nonnegative();
const ratio = z.number().min(0).max(1);
const total = z.union([count, z.bigint()]).transform(BigInt);
const contract = z.unknown().transform((value, context): Contract => {
  const read = contractFromJson(value);
  if (read.ok) return read.value;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

const schema = z.object({
  contract,
  period: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, "is not a month YYYY-MM"),
  status: z.enum(["provisional", "final", "corrected"]),
  version: count.nullable(),
  corrects: count.nullable(),
  from: time,
  to: time,
  intervals_expected: count,
  intervals_observed: count,
  coverage: ratio,
  gaps: z.array(z.object({ from: time, to: time })),
  completeness: ratio.nullable(),
  intervals_sha256: z.string().nullable(),
  ranked: count,
  discarded: count,
  rank: count,
  p95_in_bytes: count,
  p95_out_bytes: count,
  billable_bytes: count,
  p95_in_bps: rate,
  p95_out_bps: rate,
  billable_bps: rate,
  billable_direction: z.enum(["in", "out", "both"]),
  billable_at: time.nullable(),
  average_in_bps: rate,
  average_out_bps: rate,
  max_in_bps: rate,
  max_out_bps: rate,
  total_bytes_in: total,
  total_bytes_out: total,
  commit_bps: rate.nullable(),
  overage_bps: rate.nullable(),
  intervals_above_commit: count.nullable(),
  burst_intervals_left: z.int().nullable(),
  charge: z.object({ currency: z.string(), amount: z.string() }).nullable(),
  projection: z.object({ best_bps: rate, same_bps: rate, worst_bps: rate }).nullable(),
});

type Stated = z.output<typeof schema>;

/** The bill that `billJson` wrote; else what is wrong with it on one line, beginning with the key. */
export function billFromJson(value: ExactJson | undefined): Parsed<Bill> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: billOf(parsed.data) };
  const [issue] = parsed.error.issues;
  const path = issue?.path[0] === "contract" ? [] : (issue?.path ?? []);
  const key = path.map((step) => `${String(step)}: `).join("");
  return { ok: false, problem: `${key}${issue?.message ?? "is not a bill"}` };
}

function billOf(stated: Stated): Bill {
  return { ...identityOf(stated), ...coverageOf(stated), ...figuresOf(stated), ...commitOf(stated) };
}

function identityOf({ contract: read, period, status, version, corrects, from: fromMs, to: toMs }: Stated) {
  return { contract: read, period, status, version, corrects, fromMs, toMs };
}

function coverageOf(stated: Stated) {
  return {
    intervalsExpected: stated.intervals_expected,
    intervalsObserved: stated.intervals_observed,
    coverage: stated.coverage,
    gaps: stated.gaps.map(({ from, to }) => ({ startMs: from, endMs: to })),
    completeness: stated.completeness,
    intervalsSha256: stated.intervals_sha256,
  };
}

function figuresOf(stated: Stated) {
  return {
    ranked: stated.ranked,
    discarded: stated.discarded,
    rank: stated.rank,
    p95InBytes: stated.p95_in_bytes,
    p95OutBytes: stated.p95_out_bytes,
    billableBytes: stated.billable_bytes,
    billableBps: stated.billable_bps,
    billableDirection: stated.billable_direction,
    billableAtMs: stated.billable_at,
    averageInBps: stated.average_in_bps,
    averageOutBps: stated.average_out_bps,
    maxInBps: stated.max_in_bps,
    maxOutBps: stated.max_out_bps,
    totalBytesIn: stated.total_bytes_in,
    totalBytesOut: stated.total_bytes_out,
  };
}

function commitOf({ projection, ...stated }: Stated) {
  return {
    commitBps: stated.commit_bps,
    overageBps: stated.overage_bps,
    intervalsAboveCommit: stated.intervals_above_commit,
    burstIntervalsLeft: stated.burst_intervals_left,
    charge: stated.charge,
    projection:
      projection === null
        ? null
        : { bestBps: projection.best_bps, sameBps: projection.same_bps, worstBps: projection.worst_bps },
  };
}

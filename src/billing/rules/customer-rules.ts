// Recording rules of contracts. Of contracts that follow one another, each rule records the newest one that had begun by
// then: which one that is changes by itself when its day comes.

import { Calendar } from "../../model/calendar.ts";
import type { Contract } from "../../model/contract.ts";
import type { Labels } from "../../model/network.ts";
import { billableBytes, bps, burstIntervals, burstIntervalsLeft } from "./billable-expression.ts";
import { coverage } from "./coverage-expression.ts";
import { type MonthExpressions, monthExpressions, type MonthName } from "./month.ts";
import { percentileBytes } from "./percentile-expression.ts";
import type { RecordingRule } from "./rule-file.ts";
import { contractScope, type Scope } from "./scope.ts";

/** Contracts of one customer and name, by their first day. */
export type ContractChain = readonly [Contract, ...Contract[]];

/** The chains of all contracts, in the order of their first ones; what ended long before `nowMs` is left out. */
export function contractChains(contracts: readonly Contract[], nowMs: number): ContractChain[] {
  const chains = new Map<string, Contract[]>();
  for (const contract of contracts.filter((one) => !isPast(one, nowMs))) {
    const key = JSON.stringify([contract.customer, contract.name]);
    chains.set(key, [...(chains.get(key) ?? []), contract]);
  }
  return [...chains.values()].flatMap((chain) => {
    const [first, ...others] = chain.toSorted((a, b) => compare(a.starts ?? "", b.starts ?? ""));
    return first === undefined ? [] : [[first, ...others] as const];
  });
}

/** The rules of one month. */
export function customerRules(chain: ContractChain, name: MonthName, nowMs: number): RecordingRule[] {
  const labels = labelsOf(chain[0]);
  const terms = termsOf(chain, name, nowMs);
  const record: Recorder = (metric, expressionOf) => {
    const expressions = terms.flatMap((term) => gated(expressionOf(term), term, terms.length));
    return expressions.length === 0 ? [] : [{ record: metric, expr: expressions.join("\nor\n"), labels }];
  };
  return [
    ...record(`acct:customer_bps:p95_${name}`, ({ scope, month }) => bps(percentileBytes(scope, month, "each"))),
    ...record(`acct:customer_billable_bps:${name}`, ({ scope, month, contract }) =>
      bps(billableBytes(scope, month, contract.direction)),
    ),
    ...record(`acct:customer_coverage:${name}`, ({ scope, month }) => coverage(scope, month)),
    ...record(`acct:customer_commit_bps:${name}`, ({ contract, month }) =>
      contract.commitBps === null ? null : `${contract.commitBps} + 0 * ${month.intervals}`,
    ),
    ...(name === "month" ? burstRules(record) : []),
  ];
}

/** A contract of a chain, and when the next one takes its place. */
interface Term {
  readonly contract: Contract;
  readonly scope: Scope;
  readonly month: MonthExpressions;
  readonly nextStartSeconds: number | null;
}

type Recorder = (metric: string, expressionOf: (term: Term) => string | null) => RecordingRule[];

function burstRules(record: Recorder): RecordingRule[] {
  return [
    ...record("acct:customer_burst_intervals:month", ({ contract, scope, month }) =>
      contract.commitBps === null ? null : burstIntervals(scope, month),
    ),
    ...record("acct:customer_burst_intervals_left:month", ({ contract, scope, month }) => {
      const { commitBps, direction } = contract;
      return commitBps === null ? null : burstIntervalsLeft(scope, month, { commitBps, direction });
    }),
  ];
}

function termsOf(chain: ContractChain, name: MonthName, nowMs: number): Term[] {
  return chain.map((contract, index) => ({
    contract,
    scope: contractScope(contract, nowMs),
    month: monthExpressions(contract.timeZone, name, nowMs),
    nextStartSeconds: startOf(chain[index + 1]),
  }));
}

function startOf(contract: Contract | undefined): number | null {
  if (contract === undefined || contract.starts === null) return null;
  return new Calendar(contract.timeZone).startOfDay(contract.starts) / 1000;
}

/** The expression, where it is the contract's turn: it had begun by the end of the month to date, the next one had not. */
function gated(expression: string | null, term: Term, terms: number): string[] {
  if (expression === null) return [];
  const { scope, month, nextStartSeconds } = term;
  const { start, end } = month;
  const began = scope.startSeconds === null ? "" : ` > ${scope.startSeconds}`;
  const next = nextStartSeconds === null ? "" : ` <= ${nextStartSeconds}`;
  const turn = began + next === "" ? [] : [`on (period) (${end}${began}${next})`];
  const over = scope.endSeconds === null ? [] : [`on (period) (${start} < ${scope.endSeconds})`];
  const whole = [expression, ...turn, ...over].join("\nand ");
  return [terms > 1 ? `(${whole})` : whole];
}

function labelsOf({ customer, name }: Contract): Labels {
  return name === null ? { customer } : { customer, contract: name };
}

/** Its last day is in neither this month nor the one before it, in any zone. */
function isPast({ ends }: Contract, nowMs: number): boolean {
  return ends !== null && Date.parse(ends) < nowMs - 65 * 86_400_000;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

// The command line of the demonstration.

import { parseArgs } from "node:util";

export interface DemoOptions {
  /** Of live traffic, before the comparison. */
  readonly seconds: number;
  /** Of history before it; null: the month to date. */
  readonly days: number | null;
  /** Goes on after the comparison, until it is interrupted. */
  readonly keep: boolean;
  readonly outage: boolean;
}

/** Under it there is no room for windows before, while and after the agent is dead. */
export const MIN_SECONDS = 20;

export const USAGE = `usage: npm run demo -- [--seconds N] [--days N] [--keep] [--no-outage]

Shows the whole product on this machine, as root, in network namespaces of its own: a month of three customers' traffic, live
traffic, an outage of Prometheus, a kill -9 of the agent; then compares every byte that was sent with the ledger and
with Prometheus, and makes the bills. Exits with 1 where anything differs, and removes all that it made.

  --seconds N   of live traffic, ${MIN_SECONDS} or more; default 90
  --days N      of history, at most the month so far, which is the default
  --keep        go on until Ctrl-C, with traffic; so it does in a terminal
  --no-outage   leave the outage of Prometheus out
  --help        print this text`;

/** Null: show the usage. Throws an Error of one line where an option is wrong. */
export function demoOptions(argv: readonly string[]): DemoOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: "string", default: "90" },
      days: { type: "string" },
      keep: { type: "boolean", default: process.stdout.isTTY ?? false },
      "no-outage": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const seconds = atLeast(MIN_SECONDS, "--seconds", values.seconds);
  const days = values.days === undefined ? null : atLeast(1, "--days", values.days);
  return { seconds, days, keep: values.keep, outage: !values["no-outage"] };
}

function atLeast(least: number, option: string, text: string): number {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`${option} ${text}: give a number that is ${least} or more`);
  return value;
}

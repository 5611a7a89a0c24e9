// What `acct-agent report` is asked for.

import { type Config, loadConfig } from "../config/config.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import { UsageError } from "./command.ts";
import { REPORT } from "./options/report.ts";
import type { SourceName } from "./usage-source.ts";

type ReportArguments = Arguments<typeof REPORT>;

/** `intervals` is CSV, too: of what the bills were made. */
export type ReportFormat = ReportArguments["options"]["format"] | "intervals";

export interface ReportOptions {
  /** Print bills, make those of a month final, compare a file, or do what the agent's schedule does. */
  readonly task: "print" | "finalize" | "verify" | "close";
  /** Finalize: store a corrected version where a bill differs from the stored one. */
  readonly correct: boolean;
  /** Print: what bills would be today, stored or not. */
  readonly recompute: boolean;
  /** Verify: the file; else empty. */
  readonly file: string;
  readonly config: Config;
  /** `YYYY-MM`; null for the current month. */
  readonly month: string | null;
  /** Null for all. */
  readonly customer: string | null;
  readonly format: ReportFormat;
  readonly source: SourceName;
  /** Null for standard output. */
  readonly output: string | null;
}

/** What says which bills to print, and how. */
const SHOWING = ["month", "customer", "format", "output", "intervals"] as const;

/** Throws UsageError, or ConfigError for the configuration file. */
export function reportOptions(args: readonly string[]): ReportOptions {
  const given = readArguments(REPORT, args);
  const { month, customer, source, output, correct, recompute, verify } = given.options;
  const task = taskOf(given);
  const format = formatOf(given);
  const config = loadConfig(given.options.config);
  return { config, task, month, customer, format, source, output, correct, recompute, file: verify ?? "" };
}

function taskOf({ options, isGiven }: ReportArguments): ReportOptions["task"] {
  if (options.finalize) return "finalize";
  const task = options.close ? "close" : options.verify === null ? "print" : "verify";
  const useless = task === "print" ? undefined : SHOWING.find(isGiven);
  if (useless !== undefined) throw new UsageError(`--${task} takes no --${useless}: leave it away`);
  return task;
}

function formatOf({ options: { format, intervals }, isGiven }: ReportArguments): ReportFormat {
  if (!intervals) return format;
  if (format === "csv" || !isGiven("format")) return "intervals";
  throw new UsageError(`--intervals are CSV: leave --format ${format} away`);
}

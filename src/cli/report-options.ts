// What `acct-agent report` is asked for.

import { type Config, loadConfig } from "../config/config.ts";
import { type Arguments, configFile, readArguments } from "./arguments.ts";
import { UsageError } from "./command.ts";
import { type SourceName, SOURCES } from "./usage-source.ts";

export const REPORT_USAGE =
  "acct-agent report --config FILE [--month YYYY-MM] [--customer NAME] [--format table|csv|json|html] " +
  "[--source ledger|prometheus] [--output FILE] [--intervals] " +
  "[--finalize [--correct] | --recompute | --verify BILLS.json | --close]";

const FORMATS = ["table", "csv", "json", "html"] as const;
/** `intervals` is CSV, too: of what the bills were made. */
export type ReportFormat = (typeof FORMATS)[number] | "intervals";

const TASKS = ["finalize", "recompute", "verify", "close"] as const;

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

const TEXTS = ["config", "month", "customer", "format", "source", "output", "verify"];
const FLAGS = ["intervals", "finalize", "correct", "recompute", "close"];
/** What says which bills to print, and how. */
const SHOWING = ["month", "customer", "format", "output", "intervals"];

/** Throws UsageError, or ConfigError for the configuration file. */
export function reportOptions(args: readonly string[]): ReportOptions {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, { type: "string" } as const]));
  const flags = Object.fromEntries(FLAGS.map((name) => [name, { type: "boolean" } as const]));
  const options = readArguments(args, { ...texts, ...flags });
  const task = taskOf(options);
  const month = monthOf(options);
  const source = oneOf(options, "source", SOURCES);
  const format = formatOf(options);
  const output = options.text("output") ?? null;
  if (output === "") throw new UsageError("--output is empty: name a file");
  const config = loadConfig(configFile(options));
  return { config, month, customer: options.text("customer") ?? null, format, source, output, ...task };
}

function taskOf(options: Arguments): Pick<ReportOptions, "task" | "correct" | "recompute" | "file"> {
  const isGiven = (name: string): boolean => options.flag(name) || options.text(name) !== undefined;
  const [task, ...others] = TASKS.filter(isGiven);
  if (others.length > 0) throw new UsageError(`--${task} and --${others[0]} do not go together: choose one`);
  const correct = options.flag("correct");
  if (correct && task !== "finalize")
    throw new UsageError("--correct is for --finalize: it stores a corrected version");
  const useless = task === "verify" || task === "close" ? SHOWING.find(isGiven) : undefined;
  if (useless !== undefined) throw new UsageError(`--${task} takes no --${useless}: leave it away`);
  const recompute = task === "recompute";
  return {
    task: task === undefined || recompute ? "print" : task,
    correct,
    recompute,
    file: options.text("verify") ?? "",
  };
}

function monthOf(options: Arguments): string | null {
  const month = options.text("month") ?? null;
  if (month === null || /^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return month;
  throw new UsageError(`--month ${JSON.stringify(month)} is no month: write it as YYYY-MM, such as 2026-10`);
}

function formatOf(options: Arguments): ReportFormat {
  const format = oneOf(options, "format", FORMATS);
  if (!options.flag("intervals")) return format;
  if (format === "csv" || options.text("format") === undefined) return "intervals";
  throw new UsageError(`--intervals are CSV: leave --format ${format} away`);
}

/** The first choice where the option is not given. */
function oneOf<Choice extends string>(
  options: Arguments,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const value = options.text(name) ?? choices[0];
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw new UsageError(`--${name} ${JSON.stringify(value)}: write ${choices.join(", ")}`);
  return choice;
}

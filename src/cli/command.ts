// What every command has in common: its exit code, its errors and where it writes. Nothing is written on top of a line of progress.

import { clearProgress } from "./progress.ts";
import { shownOn } from "./shown-text.ts";

/** 0 done, 1 failure, 2 usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/** Runs a command with what stands behind its name. */
export type Run = (args: readonly string[]) => Promise<ExitCode>;

/** Arguments that make no sense; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a command cannot do, through no fault of the program; the message is one line. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What a person reads: standard output is the result, standard error is about it. */
export function print(text: string): void {
  clearProgress();
  process.stdout.write(`${shownOn(process.stdout, text)}\n`);
}

export function complain(text: string): void {
  clearProgress();
  process.stderr.write(`${shownOn(process.stderr, text)}\n`);
}

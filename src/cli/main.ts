// Finds the command, runs it, and turns expected errors into one line each and the right exit code.

import { VERSION } from "../version.ts";
import { CommandError, complain, type ExitCode, print, UsageError } from "./command.ts";
import { commandNamed, TABLES } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";

/** Runs a command line and returns its exit code. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const [first = "", ...rest] = argv;
  try {
    if (first === "help") return show(help(rest[0] ?? ""));
    if (argv.includes("--help") || argv.includes("-h")) return show(help(first.startsWith("-") ? "" : first));
    if (first === "--version") return show(VERSION);
    const isBare = first === "" || first.startsWith("-");
    const run = await found(isBare ? "" : first).load();
    return await run(isBare ? argv : rest);
  } catch (error) {
    return await report(error);
  }
}

function show(text: string): ExitCode {
  print(text);
  return 0;
}

function help(name: string): string {
  return name === "" || name === "help" ? overview(TABLES) : commandHelp(found(name).table);
}

/** Throws UsageError where there is no such command. */
function found(name: string): NonNullable<ReturnType<typeof commandNamed>> {
  const command = commandNamed(name);
  if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  return command;
}

async function report(error: unknown): Promise<ExitCode> {
  if (error instanceof UsageError) {
    complain(`${error.message}; see acct-agent --help`);
    return 2;
  }
  if (error instanceof CommandError) {
    complain(error.message);
    return 1;
  }
  // Only now: they come with much of the program, most of which is loaded where one of them was thrown.
  const { isConfigError, isExpected } = await import("./expected-errors.ts");
  complain(isConfigError(error) || isExpected(error) ? error.message : describeBroken(error));
  return isConfigError(error) ? 2 : 1;
}

/** A broken invariant: its stack is what its developers need. */
function describeBroken(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Finds the command, runs it, and turns expected errors into one line each and the right exit code.

import { PrometheusError } from "../billing/prometheus-error.ts";
import { LedgerError } from "../buffer/database.ts";
import { KernelError } from "../capture/ebpf/kernel-error.ts";
import { CaptureFileError } from "../capture/replay/capture-file-error.ts";
import { ConfigError } from "../config/config.ts";
import { LedgerCallError } from "../ledger/ledger-client.ts";
import { ListenError } from "../telemetry/listen.ts";
import { VERSION } from "../version.ts";
import { checkCommand } from "./check.ts";
import { type Command, CommandError, complain, type ExitCode, print, UsageError } from "./command.ts";
import { deadLetterCommand } from "./dead-letter.ts";
import { detachCommand } from "./detach.ts";
import { reconcileCommand } from "./reconcile.ts";
import { replayCommand } from "./replay.ts";
import { reportCommand } from "./report.ts";
import { rulesCommand } from "./rules.ts";
import { runCommand } from "./run.ts";
import { statusCommand } from "./status.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  check: checkCommand,
  "dead-letter": deadLetterCommand,
  detach: detachCommand,
  reconcile: reconcileCommand,
  replay: replayCommand,
  report: reportCommand,
  rules: rulesCommand,
  status: statusCommand,
};

/** Runs a command line and returns its exit code. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const [first = "", ...rest] = argv;
  if (argv.includes("--help") || argv.includes("-h") || first === "help") return show(help(first));
  if (first === "--version") return show(VERSION);
  try {
    const command = first === "" || first.startsWith("-") ? runCommand : COMMANDS[first];
    if (!command) throw new UsageError(`there is no command ${JSON.stringify(first)}`);
    return await command.run(command === runCommand ? argv : rest);
  } catch (error) {
    return report(error);
  }
}

function show(text: string): ExitCode {
  print(text);
  return 0;
}

function help(first: string): string {
  const command = COMMANDS[first];
  if (command) return `${command.summary}\n\nusage: ${command.usage}`;
  const all = [runCommand, ...Object.values(COMMANDS)];
  const lines = all.map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
  return ["usage:", ...lines, "", "exit codes: 0 done, 1 failure, 2 usage or configuration"].join("\n");
}

function report(error: unknown): ExitCode {
  if (error instanceof UsageError) {
    complain(`${error.message}; see acct-agent --help`);
    return 2;
  }
  if (error instanceof ConfigError) {
    complain(error.message);
    return 2;
  }
  complain(isExpected(error) ? error.message : describeBroken(error));
  return 1;
}

function isExpected(error: unknown): error is Error {
  if (error instanceof LedgerCallError) return error.expected;
  return (
    error instanceof CommandError ||
    error instanceof LedgerError ||
    error instanceof PrometheusError ||
    error instanceof KernelError ||
    error instanceof CaptureFileError ||
    error instanceof ListenError
  );
}

/** A broken invariant: its stack is what its developers need. */
function describeBroken(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

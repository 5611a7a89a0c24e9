// What a subcommand is: arguments in, exit code out. 0 done, 1 failure, 2 usage or configuration.

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  readonly usage: string;
  run(args: readonly string[]): Promise<ExitCode>;
}

export type ExitCode = 0 | 1 | 2;

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
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

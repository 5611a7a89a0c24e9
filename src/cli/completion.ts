// `acct-agent completion`: prints what makes a shell complete this command line.

import { readArguments } from "./arguments.ts";
import type { ExitCode } from "./command.ts";
import { TABLES } from "./commands.ts";
import { completionScript } from "./completion/scripts.ts";
import { COMPLETION } from "./options/completion.ts";
import { writeOutput } from "./output.ts";

/** Throws UsageError where no shell is named. */
export async function completion(args: readonly string[]): Promise<ExitCode> {
  const [shell = ""] = readArguments(COMPLETION, args).operands;
  await writeOutput(null, [completionScript(shell, TABLES)]);
  return 0;
}

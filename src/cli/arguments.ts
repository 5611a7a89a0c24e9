// Reads a subcommand's options with node:util, with errors of one line.

import { parseArgs } from "node:util";
import { UsageError } from "./command.ts";

type Options = Readonly<Record<string, { readonly type: "string" | "boolean" }>>;

export interface Arguments {
  /** The value of a string option, if given. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
  readonly positionals: readonly string[];
}

/** Throws UsageError for what `options` does not have. Positionals are errors unless allowed. */
export function readArguments(args: readonly string[], options: Options, allowPositionals = false): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals, strict: true });
    const read: Readonly<Record<string, unknown>> = values;
    return {
      text: (name) => (typeof read[name] === "string" ? read[name] : undefined),
      flag: (name) => read[name] === true,
      positionals,
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? firstSentence(error.message) : String(error), { cause: error });
  }
}

/** The configuration file that a command cannot do without. */
export function configFile(args: Arguments): string {
  const file = args.text("config");
  if (file === undefined) throw new UsageError("--config FILE is missing: name the configuration file");
  return file;
}

/** node's messages go on with advice on how to pass arguments that look like options. */
function firstSentence(message: string): string {
  const [first = message] = message.split(/\. |\n/);
  return first.charAt(0).toLowerCase() + first.slice(1);
}

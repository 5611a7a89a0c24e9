// What a command takes, as one table: it gives parsing, validation, help, the manual page and completion. Tables load nothing
// of the agent, so that a question about the command line is answered at once.

/** An option; without `argument` it is a flag. */
export interface OptionRow {
  /** Without its dashes. */
  readonly name: string;
  /** What stands for its value, such as FILE. */
  readonly argument?: string;
  /** One line, lower case, without a full stop. */
  readonly description: string;
  readonly required?: true;
  /** Is what the value has to be; the first is the default. */
  readonly choices?: readonly [string, ...string[]];
  /** Where there are no choices: the value that is taken without the option. */
  readonly default?: string;
  /** The value is the path of a file. */
  readonly isFile?: true;
  /** What is wrong with a value, to stand behind the option and its value; null for nothing. */
  readonly check?: (value: string) => string | null;
  /** Options of one group exclude each other. */
  readonly group?: string;
  /** The option without which this one is a mistake. */
  readonly needs?: { readonly option: string; readonly because: string };
}

/** What stands without dashes; a command has one at most. */
export interface OperandRow {
  /** What stands for it, such as CAPTURE. */
  readonly argument: string;
  readonly description: string;
  readonly choices?: readonly [string, ...string[]];
  readonly isFile?: true;
  /** It may stand more than once. */
  readonly repeatable?: true;
  /** Where there are no choices: the complaint where it is missing, or one too many. */
  readonly complaint?: string;
}

export interface Example {
  readonly does: string;
  /** Without `acct-agent`. */
  readonly line: string;
}

export interface CommandTable {
  /** Empty for what runs without a command's name. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** For the manual page: sentences. */
  readonly description: string;
  readonly operand?: OperandRow;
  readonly options: readonly OptionRow[];
  readonly examples: readonly Example[];
  /** When it ends with 0, and with 1. */
  readonly exits: { readonly done: string; readonly failure: string };
}

/** The configuration file, which no command that looks at an agent does without. */
export const CONFIG = {
  name: "config",
  argument: "FILE",
  description: "the configuration file",
  required: true,
  isFile: true,
} as const satisfies OptionRow;

/** `a, b or c`. */
export function alternatives(choices: readonly string[]): string {
  const last = choices.at(-1) ?? "";
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(", ")} or ${last}`;
}

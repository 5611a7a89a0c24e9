// Reads what is given to a command by its table, with errors of one line.

import { parseArgs } from "node:util";
import { UsageError } from "./command.ts";
import { alternatives, type CommandTable, type OperandRow, type OptionRow } from "./command-table.ts";

/** True for a flag that is given; the value of an option, one of its choices; null where it is not given and has no default. */
type Value<Row extends OptionRow> = Row extends { readonly argument: string }
  ? Row extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : Row extends { readonly required: true } | { readonly default: string }
      ? string
      : string | null
  : boolean;

export interface Arguments<Table extends CommandTable> {
  readonly options: { readonly [Row in Table["options"][number] as Row["name"]]: Value<Row> };
  readonly operands: readonly string[];
  /** Whether an option was given. */
  readonly isGiven: (name: Table["options"][number]["name"]) => boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** Throws UsageError for what the table of the command does not have. */
export function readArguments<Table extends CommandTable>(table: Table, args: readonly string[]): Arguments<Table> {
  const rows: readonly OptionRow[] = table.options;
  const { values, positionals } = parsed(table, args);
  checkTogether(rows, values);
  for (const row of rows) checkValue(row, values[row.name]);
  if (table.operand !== undefined) checkOperands(table.name, table.operand, positionals);
  for (const { name, argument, required, description } of rows)
    if (required && values[name] === undefined)
      throw new UsageError(`--${name} ${argument} is missing: name ${description}`);
  const options = Object.fromEntries(rows.map((row) => [row.name, valueOf(row, values[row.name])]));
  const isGiven = (name: string): boolean => values[name] !== undefined;
  // The rows say of each name what was read.
  return { options: options as Arguments<Table>["options"], operands: positionals, isGiven };
}

function parsed(table: CommandTable, args: readonly string[]): { values: Values; positionals: string[] } {
  const types = table.options.map((row: OptionRow) => {
    return [row.name, { type: row.argument === undefined ? "boolean" : "string" } as const] as const;
  });
  const options = Object.fromEntries(types);
  try {
    return parseArgs({ args: [...args], options, allowPositionals: table.operand !== undefined, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? firstSentence(error.message) : String(error), { cause: error });
  }
}

function checkTogether(rows: readonly OptionRow[], values: Values): void {
  const given = rows.filter(({ name }) => values[name] !== undefined);
  for (const { name, group } of given) {
    const other = given.find((row) => group !== undefined && row.group === group && row.name !== name);
    if (other !== undefined) throw new UsageError(`--${name} and --${other.name} do not go together: choose one`);
  }
  for (const { name, needs } of given)
    if (needs !== undefined && values[needs.option] === undefined)
      throw new UsageError(`--${name} is for --${needs.option}: ${needs.because}`);
}

function checkValue({ name, choices, isFile, check }: OptionRow, value: unknown): void {
  if (typeof value !== "string") return;
  if (isFile && value === "") throw new UsageError(`--${name} is empty: name a file`);
  if (choices !== undefined && !choices.includes(value))
    throw new UsageError(`--${name} ${JSON.stringify(value)}: write ${choices.join(", ")}`);
  const problem = check?.(value) ?? null;
  if (problem !== null) throw new UsageError(`--${name} ${JSON.stringify(value)} ${problem}`);
}

function checkOperands(command: string, row: OperandRow, given: readonly string[]): void {
  const [first = "", ...others] = given;
  if (row.choices !== undefined) {
    if (row.choices.includes(first) && others.length === 0) return;
    throw new UsageError(`${command} takes ${alternatives(row.choices)}, not ${JSON.stringify(given.join(" "))}`);
  }
  const fits = row.repeatable ? given.length > 0 : first !== "" && others.length === 0;
  if (!fits) throw new UsageError(row.complaint ?? `${command} takes one ${row.argument}`);
}

function valueOf({ argument, choices, default: standard }: OptionRow, value: unknown): string | boolean | null {
  if (argument === undefined) return value === true;
  return typeof value === "string" ? value : (choices?.[0] ?? standard ?? null);
}

/** node's messages go on with advice on how to pass arguments that look like options. */
function firstSentence(message: string): string {
  const [first = message] = message.split(/\. |\n/);
  return first.charAt(0).toLowerCase() + first.slice(1);
}

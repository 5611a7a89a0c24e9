// Help from the tables of the commands: the usage line, a command's options aligned, the list of all commands.

import { alternatives, type CommandTable, type OperandRow, type OptionRow } from "./command-table.ts";

const WIDTH = 100;
const INDENT = "  ";

export const EXIT_CODES = "exit codes: 0 done, 1 failure, 2 usage or configuration";
export const GLOBAL_OPTIONS = [
  { name: "help", description: "print help and end; behind a command, that command's" },
  { name: "version", description: "print the version and end" },
] as const satisfies readonly OptionRow[];

/** Everything that can be given to a command, in one line. */
export function usageOf(table: CommandTable): string {
  return usageParts(table).join(" ");
}

/** The same, as parts that a line may be broken between. */
export function usageParts({ name, operand, options }: CommandTable): readonly string[] {
  const shown = operand === undefined ? [] : [operandUsage(operand)];
  const isFirst = operand?.choices !== undefined;
  const given = optionUsages(options);
  const command = name === "" ? "acct-agent" : `acct-agent ${name}`;
  return [command, ...(isFirst ? shown : []), ...given, ...(isFirst ? [] : shown)];
}

/** What `acct-agent COMMAND --help` prints. */
export function commandHelp(table: CommandTable): string {
  const { summary, operand, options, examples, exits } = table;
  const operands = operand === undefined ? [] : [[operand.argument, operandText(operand)] as const];
  const rows = [...options, ...GLOBAL_OPTIONS.slice(0, 1)].map((row) => [optionTerm(row), optionText(row)] as const);
  const usage = folded(usageParts(table), "usage: ");
  return [
    `${summary}\n\n${usage}`,
    ...(operands.length === 0 ? [] : [`arguments:\n${aligned(operands)}`]),
    `options:\n${aligned(rows)}`,
    `examples:\n${examples.map(({ does, line }) => `${INDENT}# ${does}\n${INDENT}acct-agent ${line}`).join("\n")}`,
    `exit codes:\n${aligned([
      ["0", exits.done],
      ["1", exits.failure],
      ["2", "usage or configuration"],
    ])}`,
  ].join("\n\n");
}

/** What `acct-agent --help` prints. */
export function overview(tables: readonly CommandTable[]): string {
  const commands = tables.map((table) => `${folded(usageParts(table), INDENT)}\n      ${table.summary}`);
  const more = "acct-agent COMMAND --help, or acct-agent help COMMAND, explains a command's options";
  const rows = GLOBAL_OPTIONS.map((row) => [optionTerm(row), optionText(row)] as const);
  return ["usage:", ...commands, "", "options:", aligned(rows), "", more, EXIT_CODES].join("\n");
}

/** `--format FORMAT`. */
export function optionTerm({ name, argument }: OptionRow): string {
  return argument === undefined ? `--${name}` : `--${name} ${argument}`;
}

/** What an option does, with its choices, its default and what it goes with. */
export function optionText({ description, choices, default: standard, required, needs }: OptionRow): string {
  const facts = [
    ...(choices === undefined ? [] : [`${alternatives(choices)} (default: ${choices[0]})`]),
    ...(standard === undefined ? [] : [`default: ${standard}`]),
    ...(required === undefined ? [] : ["required"]),
    ...(needs === undefined ? [] : [`with --${needs.option}`]),
  ];
  return [description, ...facts].join("; ");
}

/** What an operand is, with its choices. */
export function operandText({ description, choices, repeatable }: OperandRow): string {
  const facts = choices === undefined ? (repeatable ? ["one or more"] : []) : [alternatives(choices)];
  return [description, ...facts].join("; ");
}

function operandUsage({ argument, choices, repeatable }: OperandRow): string {
  return `${choices?.join("|") ?? argument}${repeatable ? "..." : ""}`;
}

/** One part for each option, or for a group of options that exclude each other. */
function optionUsages(options: readonly OptionRow[]): readonly string[] {
  const parts: string[] = [];
  const groups = new Set<string>();
  for (const row of options) {
    if (row.needs !== undefined || (row.group !== undefined && groups.has(row.group))) continue;
    if (row.group !== undefined) groups.add(row.group);
    const members = row.group === undefined ? [row] : options.filter(({ group }) => group === row.group);
    const usage = members.map((member) => memberUsage(member, options)).join(" | ");
    parts.push(row.required ? usage : `[${usage}]`);
  }
  return parts;
}

/** An option with those that are for it alone. */
function memberUsage(row: OptionRow, options: readonly OptionRow[]): string {
  const dependants = options.filter(({ needs }) => needs?.option === row.name);
  const value = row.choices?.join("|") ?? row.argument;
  const own = value === undefined ? `--${row.name}` : `--${row.name} ${value}`;
  return [own, ...dependants.map((one) => `[${memberUsage(one, options)}]`)].join(" ");
}

function aligned(rows: readonly (readonly [term: string, text: string])[]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, text]) => `${INDENT}${term.padEnd(width)}  ${text}`).join("\n");
}

/** Lines of at most WIDTH, where the parts allow it; further ones are indented. */
function folded(parts: readonly string[], head: string): string {
  const lines: string[] = [];
  let line = head;
  for (const part of parts) {
    const isNew = line.trim() === "" || line === head;
    if (!isNew && line.length + 1 + part.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(head.length + 4) + part;
    } else line += isNew ? part : ` ${part}`;
  }
  return [...lines, line].join("\n");
}

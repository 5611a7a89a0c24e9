// The manual page, acct-agent(1), in troff's man macros: from the tables of the commands, and what they do not say.

import type { CommandTable, Example } from "./command-table.ts";
import { GLOBAL_OPTIONS, operandText, optionTerm, optionText, usageParts } from "./help.ts";

/** When the page was last changed: of the day on which it is generated it would differ from itself. */
const DATE = "2026-11-21";

const FILES = [
  ["/etc/acct-agent/agent.toml", "The configuration, where packages and the systemd unit have it."],
  [
    "STATE_DIR/ledger.sqlite",
    "The ledger: counters, billing intervals, bills, and what is still to be pushed. STATE_DIR is agent.state_dir.",
  ],
  ["STATE_DIR/agent.sock", "The socket over which status asks a running agent."],
  ["STATE_DIR/kernel-places.json", "Where the kernel counts for this agent, until the machine restarts."],
  ["STATE_DIR/agent.lock", "Held by the one agent that uses the folder."],
  ["/sys/fs/bpf", "Where the kernel keeps what it counts while no agent runs (capture.bpffs)."],
] as const;

const SIGNALS = [
  [
    "SIGTERM, SIGINT",
    "The agent commits what it has counted and stops, in less than 10 seconds. A second one ends it at once.",
  ],
  [
    "SIGHUP",
    "The agent reads its configuration again: networks, contracts and endpoints. A wrong one changes nothing.",
  ],
] as const;

const STATUSES = [
  ["0", "Done."],
  ["1", "Failure: the line on standard error says of what. The commands say when they end with it."],
  ["2", "A mistake in the arguments or in the configuration, one line for each."],
] as const;

const ENVIRONMENT = [
  ["NO_COLOR", "Nothing is coloured, with or without it."],
  ["TERM", "Where it is dumb, no progress is shown, and status --watch prints one block after another."],
  ["HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "Count for connections with proxy_from_environment = true."],
  ["NOTIFY_SOCKET, WATCHDOG_USEC", "Set by systemd: the agent says when it is ready, and that it is alive."],
] as const;

const DESCRIPTION = [
  "acct-agent counts every byte of every accounted address on the interfaces of a host into fixed windows, keeps them in a local ledger that survives crashes and outages, and pushes them to Prometheus remote-write receivers. Calendar months are billed from its 300 second intervals by the 95th percentile, or by what a contract says.",
  "Without a command it is the agent itself. Results go to standard output, everything about them to standard error. Where standard error is a terminal, long work says how far it is.",
];

const DOCUMENTS =
  "Every key of the configuration: docs/configuration.md. The rule of the bill: docs/billing.md. " +
  "Every metric, and what to do: docs/operating.md.";

/** The page; `version` is the program's. */
export function manPage(tables: readonly CommandTable[], version: string): string {
  const lines = [
    `.\\" Generated from src/cli by scripts/generate.ts. Do not edit.`,
    `.TH ACCT\\-AGENT 1 ${DATE} "acct\\-agent ${version}" "User Commands"`,
    ".SH NAME",
    escaped("acct-agent - network billing agent"),
    ".SH SYNOPSIS",
    ".nh",
    ".ad l",
    ...tables.flatMap(synopsis),
    ".ad b",
    ".hy",
    ".SH DESCRIPTION",
    ...paragraphs(DESCRIPTION),
    ".SH COMMANDS",
    ...tables.flatMap(commandSection),
    ".SH OPTIONS OF ALL COMMANDS",
    ...GLOBAL_OPTIONS.flatMap((row) => entry(optionTerm(row), sentence(optionText(row)))),
    ...section("FILES", FILES),
    ...section("SIGNALS", SIGNALS),
    ...section("EXIT STATUS", STATUSES),
    ...section("ENVIRONMENT", ENVIRONMENT),
    ".SH EXAMPLES",
    ...tables
      .flatMap(({ examples }) => examples)
      .flatMap(exampleLines)
      .slice(1),
    ".SH SEE ALSO",
    ".BR prometheus (1),",
    ".BR promtool (1),",
    ".BR systemd.service (5),",
    ".BR tcpdump (1)",
    ".PP",
    prose(DOCUMENTS),
  ];
  return `${lines.join("\n")}\n`;
}

/** A hanging paragraph: its continuation lines are indented. */
function synopsis(table: CommandTable): readonly string[] {
  const [command = "", ...parts] = usageParts(table);
  return [".HP 4", `.B ${escaped(command)}`, ...parts.map(escaped)];
}

function commandSection({ name, summary, description, operand, options, exits }: CommandTable): readonly string[] {
  return [
    `.SS ${escaped(name === "" ? "acct-agent" : `acct-agent ${name}`)}`,
    prose(`${sentence(summary)} ${description}`),
    ...(operand === undefined ? [] : entry(operand.argument, sentence(operandText(operand)))),
    ...options.flatMap((row) => entry(optionTerm(row), sentence(optionText(row)))),
    ".PP",
    prose(`Ends with 0: ${exits.done}. With 1: ${exits.failure}.`),
  ];
}

function section(title: string, rows: readonly (readonly [term: string, about: string])[]): readonly string[] {
  return [`.SH ${title}`, ...rows.flatMap(([term, about]) => entry(term, about))];
}

function entry(term: string, about: string): readonly string[] {
  return [".TP", `.B ${escaped(term)}`, prose(about)];
}

function exampleLines({ does, line }: Example): readonly string[] {
  const shown = escaped(`acct-agent ${line}`);
  return [".PP", prose(`${sentence(does).slice(0, -1)}:`), ".PP", ".RS 4", ".nf", `.B ${shown}`, ".fi", ".RE"];
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [".PP", prose(text)]).slice(1);
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** Text in lines of at most 80 bytes, none of which is taken for a macro. */
function prose(text: string): string {
  const lines = escaped(text).match(/\S.{0,76}\S(?=\s|$)|\S+/g) ?? [];
  return lines.map(guarded).join("\n");
}

function guarded(line: string): string {
  return line.replace(/^[.']/, String.raw`\&$&`);
}

/** Text as it is, with dashes that can be searched for and copied. */
function escaped(text: string): string {
  return text.replaceAll("\\", String.raw`\e`).replaceAll("-", String.raw`\-`);
}

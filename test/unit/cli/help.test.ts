// Help says of each command, option and choice what its table has.

import { describe, expect, it } from "vitest";
import { TABLES } from "../../../src/cli/commands.ts";
import type { CommandTable, OptionRow } from "../../../src/cli/command-table.ts";
import { commandHelp, overview, usageOf } from "../../../src/cli/help.ts";

describe("the usage line", () => {
  it.each([
    ["", "acct-agent --config FILE"],
    ["dead-letter", "acct-agent dead-letter list|retry|drop --config FILE [--endpoint NAME] [--json]"],
    ["replay", "acct-agent replay --config FILE [--interface NAME] [--json] CAPTURE..."],
    ["status", "acct-agent status --config FILE [--json] [--watch [--interval SECONDS]]"],
    [
      "report",
      "acct-agent report --config FILE [--month YYYY-MM] [--customer NAME] [--format table|csv|json|html] " +
        "[--source ledger|prometheus] [--output FILE] [--intervals] " +
        "[--finalize [--correct] | --recompute | --verify BILLS.json | --close]",
    ],
  ])("of %j is what it takes", (name, usage) => {
    expect(TABLES.filter((table) => table.name === name).map(usageOf)).toEqual([usage]);
  });
});

describe.each(TABLES)("the help of $name", (table: CommandTable) => {
  const lines = commandHelp(table).split("\n");

  it("has a line for each option, the descriptions below each other", () => {
    const rows = lines.filter((line) => line.startsWith("  --"));
    expect(rows.map((line) => line.slice(2).split(/ {2,}/)[0])).toEqual([
      ...table.options.map(
        ({ name, argument }: OptionRow) => `--${name}${argument === undefined ? "" : ` ${argument}`}`,
      ),
      "--help",
    ]);
    const columns = rows.map((line) => line.search(/(?<= {2})[^ -]/));
    expect(new Set(columns).size).toBe(1);
  });

  it("names choices and their default, has examples and exit codes, and fits a terminal of 120 columns", () => {
    const text = lines.join("\n");
    for (const { choices } of table.options.filter((row) => row.choices !== undefined))
      expect(text).toContain(`${choices?.at(-2)} or ${choices?.at(-1)} (default: ${choices?.[0]})`);
    expect(text).toContain(`  # ${table.examples[0]?.does}\n  acct-agent `);
    expect(lines.slice(-3).map((line) => line.slice(0, 5))).toEqual(["  0  ", "  1  ", "  2  "]);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });
});

describe("the tables of the commands", () => {
  it("are about options that are there", () => {
    for (const { options } of TABLES) {
      const names = options.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      const needed = options.flatMap(({ needs }) => (needs === undefined ? [] : [needs.option]));
      expect(needed.filter((name) => !names.includes(name))).toEqual([]);
    }
  });

  it("are all in the list of commands", () => {
    const text = overview(TABLES);
    for (const { name, summary } of TABLES) {
      expect(text).toContain(`  acct-agent${name === "" ? "" : ` ${name}`} `);
      expect(text).toContain(`      ${summary}\n`);
    }
  });
});

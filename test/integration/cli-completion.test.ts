// Completion as a person meets it: a real bash on a terminal, the script sourced, a line begun and TAB pressed.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bashScript } from "../../src/cli/completion/bash.ts";
import { TABLES } from "../../src/cli/commands.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { Terminal } from "../support/terminal.ts";
import { waitFor } from "../support/wait-for.ts";

let folder: TempFolder;

beforeEach(async () => {
  folder = await tempFolder();
  await writeFile(folder.file("script"), bashScript(TABLES));
  await mkdir(folder.file("files"));
  for (const name of ["agent.toml", "day 1.pcap"]) await writeFile(join(folder.file("files"), name), "");
  await writeFile(folder.file("inputrc"), "set bell-style none\nset enable-bracketed-paste off\n");
});

afterEach(() => folder[Symbol.asyncDispose]());

/** What the line is after TAB; its arguments, unquoted by bash. */
async function completed(line: string): Promise<readonly string[]> {
  const env = { INPUTRC: folder.file("inputrc"), PS1: "$ ", HOME: folder.path, TERM: "dumb" };
  const terminal = new Terminal(["bash", "--norc", "--noprofile", "-i"], { columns: 400, env });
  await using _ended = terminal;
  const files = folder.file("files");
  terminal.type(`acct-agent() { printf '<%s>' "$@"; echo END; }; cd '${files}'; . ../script; echo READY\n`);
  await waitFor("bash to be ready", () => /^READY/m.test(terminal.output));
  terminal.type(`${line}\t`);
  terminal.type("\n");
  const said = await waitFor("the line to run", () => /^(<.*>)END/m.exec(terminal.output)?.[1]);
  return said.slice(1, -1).split("><");
}

describe("TAB in bash", () => {
  it.each([
    ["acct-agent rep", ["rep"]],
    ["acct-agent repo", ["report"]],
    ["acct-agent --ver", ["--version"]],
    ["acct-agent --config ag", ["--config", "agent.toml"]],
    ["acct-agent report --form", ["report", "--format"]],
    ["acct-agent report --format h", ["report", "--format", "html"]],
    ["acct-agent report --format=h", ["report", "--format=html"]],
    ["acct-agent report --source pro", ["report", "--source", "prometheus"]],
    ["acct-agent report --customer ag", ["report", "--customer", "ag"]],
    ["acct-agent dead-letter re", ["dead-letter", "retry"]],
    ["acct-agent replay day", ["replay", "day 1.pcap"]],
    ["acct-agent replay --js", ["replay", "--json"]],
    ["acct-agent status --config=ag", ["status", "--config=agent.toml"]],
    ["acct-agent status ag", ["status", "ag"]],
    ["acct-agent completion z", ["completion", "zsh"]],
    ["acct-agent help rec", ["help", "reconcile"]],
  ])("makes of %j %j", async (line, args) => {
    expect(await completed(line)).toEqual(args);
  });
});

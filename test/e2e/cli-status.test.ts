// `acct-agent status` and `status --watch`: of a real agent, and of one that says what the test wants; on a terminal and in a pipe.

import { constants } from "node:os";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { stringify } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentProcess, runCommand } from "../support/agent-process.ts";
import { screenAfter } from "../support/screen-state.ts";
import { StatusSocket } from "../support/status-socket.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { Terminal, type TerminalOptions } from "../support/terminal.ts";
import { waitFor } from "../support/wait-for.ts";

const MAIN = new URL("../../dist/main.js", import.meta.url).pathname;
const SILENT = /^no agent answers since \d\d:\d\d:\d\d UTC \(.+\)$/m;

let folder: TempFolder;
let configFile: string;
let stateDir: string;

beforeEach(async () => {
  folder = await tempFolder();
  [configFile, stateDir] = [folder.file("agent.toml"), folder.file("state")];
  await mkdir(stateDir, { mode: 0o700 });
  const agent = { instance: "desk", state_dir: "state", listen: "" };
  const network = [{ name: "acme", prefixes: ["10.1.0.0/24"] }];
  await writeFile(configFile, stringify({ agent, interface: [{ name: "none0" }], network }));
});

afterEach(() => folder[Symbol.asyncDispose]());

/** A status with something that changes at each look. */
function statusOf(changes: object = {}): object {
  return { instance: "desk", version: "0.0.1", health: "ok", time: new Date().toISOString(), ...changes };
}

function watch(options: TerminalOptions = {}, ...args: readonly string[]): Terminal {
  return Terminal.ofAgent(["status", "--config", configFile, "--watch", "--interval", "0.1", ...args], options);
}

const shown = (terminal: Terminal, text: RegExp) => () => terminal.screen.lines.some((line) => text.test(line));

const LEFT_AS_IT_WAS = { lines: [], isAlternate: false, isCursorShown: true, wraps: true };

describe("status", () => {
  it("prints what a running agent says, with the usage that it has or null", async () => {
    await using agent = new AgentProcess({ configFile, stateDir });
    await agent.waitForLog("agent started");
    const { code, stdout, complaints } = await runCommand("status", "--config", configFile, "--json");
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    const status: unknown = JSON.parse(stdout);
    expect(status).toMatchObject({ instance: "desk", interfaces: [{ name: "none0" }] });
    expect(status).toHaveProperty("usage");
    const text = await runCommand("status", "--config", configFile);
    expect(text.stdout).toMatch(/^desk: .+\nclock: .+\n\nINTERFACE /);
    expect(await agent.stop()).toMatchObject({ code: 0 });
  });

  it("adds the usage to what the agent said, to the last digit", async () => {
    const networks = [{ name: "acme", interval_bytes_in: 9_007_199_254_740_991, month: null }];
    await using _agent = await StatusSocket.open(stateDir, (path) =>
      path === "/api/status" ? statusOf({ later_key: [1] }) : { figures_as_of: null, networks, bills: [] },
    );
    const { stdout } = await runCommand("status", "--config", configFile, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      instance: "desk",
      later_key: [1],
      usage: { figures_as_of: null, networks, bills: [] },
    });
  });

  it.each(["never", null] as const)("goes without usage that does not come: %s", async (usage) => {
    await using _agent = await StatusSocket.open(stateDir, (path) => (path === "/api/status" ? statusOf() : usage));
    const { code, stdout } = await runCommand("status", "--config", configFile, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ instance: "desk", usage: null });
  });

  it("says in one line that no agent answers", async () => {
    const { code, stdout, complaints } = await runCommand("status", "--config", configFile);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(complaints).toEqual([
      expect.stringMatching(/agent\.sock: no agent answers \(.+\); start it with acct-agent/),
    ]);
  });

  it.each([
    [["--interval", "5"], /^--interval is for --watch/],
    [["--watch", "--interval", "0"], /^--interval "0" is no interval: write seconds/],
    [["--watch", "--interval", "x"], /^--interval "x" is no interval/],
  ])("refuses %j in one line", async (args, complaint) => {
    const { code, complaints } = await runCommand("status", "--config", configFile, ...args);
    expect({ code, complaints }).toEqual({ code: 2, complaints: [expect.stringMatching(complaint)] });
  });
});

describe("status --watch on a terminal", () => {
  it("draws in place, follows what changes, and leaves the terminal as it was on q", async () => {
    let looks = 0;
    await using _agent = await StatusSocket.open(stateDir, (path) =>
      path === "/api/status" ? statusOf({ health: `look ${(looks += 1)}` }) : null,
    );
    await using terminal = watch();
    await waitFor("a later look", shown(terminal, /^desk: look [3-9]/));
    const { lines, ...state } = terminal.screen;
    expect(lines.filter((line) => line.startsWith("desk:"))).toHaveLength(1);
    expect(state).toEqual({ isAlternate: true, isCursorShown: false, wraps: false });
    terminal.type("q");
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen).toEqual(LEFT_AS_IT_WAS);
  });

  it.each([
    ["Ctrl-C", (terminal: Terminal) => terminal.type("\u0003")],
    ["SIGINT", (terminal: Terminal) => terminal.signal(2)],
    ["SIGTERM", (terminal: Terminal) => terminal.signal(15)],
  ])("ends on %s with the terminal as it was, also while an agent keeps it waiting", async (_, end) => {
    await using _agent = await StatusSocket.open(stateDir, () => "never");
    await using terminal = watch();
    await waitFor("the screen", () => terminal.screen.isAlternate);
    await waitFor("the question", () => _agent.count("/api/status") > 0);
    end(terminal);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen).toEqual(LEFT_AS_IT_WAS);
  });

  it("ends by the hang-up where its terminal goes away, and not by a broken invariant of Node's", async () => {
    await using _agent = await StatusSocket.open(stateDir, () => "never");
    await using terminal = watch();
    await waitFor("the question", () => _agent.count("/api/status") > 0);
    terminal.hangUp();
    expect(await terminal.ended).toBe(128 + constants.signals.SIGHUP);
  });

  it("gives the terminal back on Ctrl-Z, and takes it again when it is continued", async () => {
    await using _agent = await StatusSocket.open(stateDir, (path) => (path === "/api/status" ? statusOf() : null));
    const env = { PS1: "$ ", HOME: folder.path };
    await using terminal = new Terminal(["bash", "--norc", "--noprofile", "-i"], { columns: 300, env });
    const line = `'${process.execPath}' '${MAIN}' status --config '${configFile}' --watch --interval 0.1`;
    terminal.type(`bind 'set enable-bracketed-paste off'; echo READY\n`);
    await waitFor("bash", () => /^READY/m.test(terminal.output));
    const before = terminal.output.length;
    const screen = () => screenAfter(terminal.output.slice(before), 300, 24);
    terminal.type(`${line}\n`);
    await waitFor("the status", () => screen().lines.includes("desk: ok"));
    terminal.type("\u001a");
    await waitFor("the shell", () => screen().lines.some((one) => one.includes("Stopped")));
    expect(screen()).toMatchObject({ isAlternate: false, isCursorShown: true, wraps: true });
    terminal.type("fg\n");
    await waitFor("the status again", () => screen().isAlternate && screen().lines.includes("desk: ok"));
    terminal.type("q");
    await waitFor("the end", () => !screen().isAlternate);
    terminal.type("exit\n");
    expect(await terminal.ended).toBe(0);
  });

  it("cuts what does not fit, and follows the terminal's size", async () => {
    const top = Array.from({ length: 50 }, (_, index) => ({
      address: `2001:db8::${index}`,
      network: "n".repeat(60),
      interface: "東".repeat(40),
    }));
    await using _agent = await StatusSocket.open(stateDir, (path) =>
      path === "/api/status" ? statusOf({ top }) : null,
    );
    await using terminal = watch({ columns: 100, rows: 20 });
    await waitFor("the addresses", shown(terminal, /^2001:db8::12 /));
    expect(terminal.screen.lines).toHaveLength(20);
    for (const line of terminal.screen.lines) expect(line.length).toBeLessThanOrEqual(100);
    terminal.resize(30, 8);
    const drawn = await waitFor("a smaller screen", () => {
      const lines = (terminal.output.split("\u001b[H").at(-2) ?? "").split(/\r+\n/);
      return lines.length === 8 ? lines.map(stripVTControlCharacters) : null;
    });
    expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(30);
  });

  it("says since when no agent answers, and goes on when one is back", async () => {
    await using terminal = watch({ columns: 200 });
    await waitFor("the silence", shown(terminal, SILENT));
    const agent = await StatusSocket.open(stateDir, (path) => (path === "/api/status" ? statusOf() : null));
    await waitFor("an answer", shown(terminal, /^desk: ok/));
    expect(terminal.screen.lines.filter((line) => SILENT.test(line))).toEqual([]);
    await agent[Symbol.asyncDispose]();
    await waitFor("the silence again", shown(terminal, SILENT));
    terminal.type("q");
    expect(await terminal.ended).toBe(0);
  });

  it("shows how fast a backlog drains and what is left of it", async () => {
    let pending = 1_000_000;
    const endpoint = { name: "central", state: "sending", last_error: null };
    await using _agent = await StatusSocket.open(stateDir, (path) =>
      path === "/api/status" ? statusOf({ endpoints: [{ ...endpoint, pending_samples: (pending -= 1_000) }] }) : null,
    );
    await using terminal = watch({ columns: 150 });
    const speed = await waitFor("a speed", () => {
      const cells = terminal.screen.lines.flatMap(
        (line) => /^central +sending +- +\d+ +(\d+)\/s +\d+ (s|min)/.exec(line) ?? [],
      );
      return Number(cells[1] ?? 0);
    });
    expect(speed).toBeGreaterThan(0);
  });

  it("shows no control of a name to the terminal", async () => {
    const name = "\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n";
    const row = { name, address: name, network: name, reason: name, last_error: name };
    await using _agent = await StatusSocket.open(stateDir, (path) =>
      path === "/api/status" ? statusOf({ instance: name, interfaces: [row], endpoints: [row], top: [row] }) : null,
    );
    await using terminal = watch({ columns: 300 });
    await waitFor("the names", shown(terminal, /owned.*owned/));
    expect(terminal.screen.lines.some((line) => line.includes(String.raw`\u{1b}]0;owned\u{7}`))).toBe(true);
  });

  it("prints blocks on a terminal without cursor control", async () => {
    await using _agent = await StatusSocket.open(stateDir, (path) => (path === "/api/status" ? statusOf() : null));
    await using terminal = watch({ env: { TERM: "dumb" } });
    await waitFor("two blocks", () => terminal.output.split("desk: ok").length > 2);
    expect(terminal.output).not.toContain("\u001b");
  });
});

describe("status --watch in a pipe", () => {
  const piped = (...args: readonly string[]) => {
    const all = [MAIN, "status", "--config", configFile, "--watch", "--interval", "0.1", ...args];
    return spawn(process.execPath, all, { stdio: ["ignore", "pipe", "pipe"] });
  };

  it("prints one block after another, an empty line between them, and ends quietly when nobody reads any more", async () => {
    await using _agent = await StatusSocket.open(stateDir, (path) => (path === "/api/status" ? statusOf() : null));
    const child = piped();
    let [output, complaints] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    await waitFor("three blocks", () => output.split("desk: ok").length > 3);
    child.stdout.destroy();
    const [code, signal] = await once(child, "close");
    expect({ code, signal, complaints }).toEqual({ code: 0, signal: null, complaints: "" });
    expect(output.split("\n\ndesk: ok\n").length).toBeGreaterThan(2);
    expect(output).not.toContain("\u001b");
  });

  it("prints one object a line with --json, and says once that no agent answers", async () => {
    const child = piped("--json");
    let [output, complaints] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    await waitFor("the complaint", () => SILENT.test(complaints));
    await using _agent = await StatusSocket.open(stateDir, (path) => (path === "/api/status" ? statusOf() : null));
    await waitFor("three lines", () => output.split("\n").length > 3);
    child.kill("SIGTERM");
    const [code] = await once(child, "close");
    expect({ code, complaints: complaints.split("\n").length }).toEqual({ code: 0, complaints: 2 });
    for (const line of output.trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ instance: "desk", usage: null });
  });
});

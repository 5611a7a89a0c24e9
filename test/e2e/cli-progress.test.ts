// Progress of long work: a terminal shows how far the work is, and nothing of it is left behind; elsewhere there is none.

import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { stringify } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { harmless } from "../../src/lib/harmless-text.ts";
import { runCommand } from "../support/agent-process.ts";
import { type CapturedFrame, pcapFile } from "../support/capture-file.ts";
import { ethernet, IPV4, ipv4 } from "../support/frames.ts";
import { writeMonthLedger } from "../support/month-ledger.ts";
import { QueryApi } from "../support/query-api.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { Terminal } from "../support/terminal.ts";
import { waitFor } from "../support/wait-for.ts";

const INTERVAL_MS = 300_000;
const PCAP_HEADER_BYTES = 24;
const WIDE = { columns: 200, rows: 50 };
/** A name that would steer a terminal. */
const HOSTILE = "acme\u001b[31m\u0007";

let folder: TempFolder;
let configFile: string;

beforeEach(async () => {
  folder = await tempFolder();
  configFile = folder.file("agent.toml");
  await configure();
});

afterEach(() => folder[Symbol.asyncDispose]());

async function configure(sections: object = {}): Promise<void> {
  const agent = { instance: "desk", state_dir: "state", listen: "" };
  const network = [{ name: "acme", prefixes: ["10.1.0.0/24"], labels: { customer: HOSTILE } }];
  await writeFile(configFile, stringify({ agent, interface: [{ name: "none0" }], network, ...sections }));
}

/** Packets a second from a time on. */
function capture(startMs: number, packets: number): Uint8Array {
  const frame = ethernet(IPV4, ipv4({ source: "198.51.100.7", destination: "10.1.0.1" }));
  const frames = Array.from({ length: packets }, (_, index): CapturedFrame => {
    return { timeNs: BigInt(startMs + index * 1_000) * 1_000_000n, frame };
  });
  return pcapFile(frames);
}

async function captureFile(name: string, content: Uint8Array): Promise<string> {
  await writeFile(folder.file(name), content);
  return folder.file(name);
}

/** The ledger of a month that is over, of three customers. */
async function billedMonth(): Promise<string> {
  const now = new Date();
  const startMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
  await mkdir(folder.file("state"), { mode: 0o700 });
  const series = [HOSTILE, "beta", "gamma"].map((customer, index) => ({
    network: `network-${index}`,
    labels: { customer },
    startMs,
    endMs: startMs + 24 * INTERVAL_MS,
    usage: () => ({ bytesIn: 1_000, bytesOut: 2_000 }),
  }));
  writeMonthLedger(folder.file("state"), series);
  return new Date(startMs).toISOString().slice(0, 7);
}

/** What a command complains of and prints where there is no terminal, in lines, as a terminal may show them. */
async function linesWithoutTerminal(...args: readonly string[]): Promise<readonly string[]> {
  const { stdout, complaints } = await runCommand(...args);
  return [...complaints, ...stdout.trimEnd().split(/\r?\n/)].map(harmless);
}

describe("replay", () => {
  it("shows files, bytes and speed on a terminal, and leaves only its result there", async () => {
    const names = ["a.pcap", "b\u001b[31m.pcap.gz", "c.pcap"];
    const contents = [capture(0, 10), gzipSync(capture(1e9, 10_000)), capture(2e9, 10)];
    const files = await Promise.all(names.map((name, index) => captureFile(name, contents[index] ?? new Uint8Array())));
    await using terminal = Terminal.ofAgent(["replay", "--config", configFile, ...files], WIDE);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).toMatch(/file 1 of 3, 0 B of \d+\.\d+ kB, 0\.0 MB\/s, - left: a\.pcap/);
    expect(terminal.screen.lines).toEqual([
      expect.stringMatching(/^10020 frames from /),
      expect.stringMatching(/^10020 IP packets/),
      expect.stringMatching(/^0 non-IP frames/),
      "",
      expect.stringMatching(/^ADDRESS /),
      expect.stringMatching(/^10\.1\.0\.1 /),
    ]);
  });

  it("leaves one line where a file cannot be read", async () => {
    const files = [await captureFile("a.pcap", capture(0, 10)), await captureFile("b.pcap", Buffer.from("no capture"))];
    await using terminal = Terminal.ofAgent(["replay", "--config", configFile, ...files], WIDE);
    expect(await terminal.ended).toBe(1);
    expect(terminal.output).toContain("file 1 of 2");
    expect(terminal.screen.lines).toEqual([expect.stringContaining("b.pcap")]);
  });

  it("leaves nothing where it is interrupted", async () => {
    const pipe = folder.file("pipe.pcap");
    execFileSync("mkfifo", [pipe]);
    await using terminal = Terminal.ofAgent(["replay", "--config", configFile, pipe], WIDE);
    await waitFor("progress", () => terminal.screen.lines.some((line) => line.startsWith("file 1 of 1")));
    terminal.signal(2);
    expect(await terminal.ended).toBe(130);
    expect(terminal.screen.lines).toEqual([]);
  });

  it("redraws while a file is read, and fits the terminal", async () => {
    const pipe = folder.file("pipe.pcap");
    execFileSync("mkfifo", [pipe]);
    await using terminal = Terminal.ofAgent(["replay", "--config", configFile, pipe], { columns: 30 });
    const writer = createWriteStream(pipe);
    const file = capture(0, 1_000);
    writer.write(file);
    await waitFor("bytes that were read", () => {
      // Redraws are limited in number: there is always more to read when the next one is due.
      writer.write(file.subarray(PCAP_HEADER_BYTES));
      return /\[Kfile 1 of 1, \d+\.\d+ [kM]B of/.test(terminal.output);
    });
    expect(terminal.screen.lines).toHaveLength(1);
    writer.end();
    expect(await terminal.ended).toBe(0);
  });

  it.each([
    ["dumb", { TERM: "dumb" }],
    ["told to use no colours", { NO_COLOR: "1" }],
  ])("colours nothing on a terminal that is %s", async (_, env) => {
    const file = await captureFile("a.pcap", capture(0, 10));
    await using terminal = Terminal.ofAgent(["replay", "--config", configFile, file], { ...WIDE, env });
    expect(await terminal.ended).toBe(0);
    expect(terminal.output.includes("file 1 of 1")).toBe(!("TERM" in env));
    expect(terminal.output.replaceAll("\u001b[K", "")).not.toContain("\u001b");
  });

  it("says nothing where standard error is no terminal", async () => {
    const file = await captureFile("a.pcap", capture(0, 10));
    const line = `exec "$0" "$@" 2>"${folder.file("errors")}"`;
    const args = ["sh", "-c", line, process.execPath, "dist/main.js", "replay", "--config", configFile, file];
    await using terminal = new Terminal(args, WIDE);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).not.toContain("file 1 of 1");
    expect(terminal.output).not.toContain("\u001b");
    expect(await readFile(folder.file("errors"), "utf8")).toBe("");
  });
});

describe("report", () => {
  it.each(["table", "csv"])(
    "shows contracts on a terminal, and leaves what it would print anywhere: %s",
    async (format) => {
      const month = await billedMonth();
      const report = ["report", "--config", configFile, "--month", month, "--format", format];
      const expected = await linesWithoutTerminal(...report);
      const height = { columns: 4_000, rows: 50 };
      await using terminal = Terminal.ofAgent(report, height);
      expect(await terminal.ended).toBe(0);
      expect(terminal.output).toMatch(/contract 1 of 3: /);
      expect(terminal.screen.lines).toEqual(expected);
    },
  );

  it("shows contracts and bills while months are made final", async () => {
    const month = await billedMonth();
    await configure({ billing: { grace: "0s", output_dir: "bills" } });
    const close = Terminal.ofAgent(["report", "--config", configFile, "--close"], WIDE);
    await using _close = close;
    expect(await close.ended).toBe(0);
    expect(close.output).toMatch(new RegExp(`${month}: contract 1 of 3: `));
    expect(close.output).toMatch(/writing bill 1 of 3: /);
    expect(close.screen.lines).toHaveLength(6);
    const said = new RegExp(`^(acme.*|beta|gamma), ${month}: (final, version 1, is stored|version 1 is written to)`);
    for (const line of close.screen.lines) expect(line).toMatch(said);

    const args = ["report", "--config", configFile, "--month", month, "--finalize", "--format", "csv"];
    const expected = await linesWithoutTerminal(...args);
    await using finalize = Terminal.ofAgent(args, { columns: 4_000, rows: 50 });
    expect(await finalize.ended).toBe(0);
    expect(finalize.output).toMatch(new RegExp(`${month}: contract 1 of 3: `));
    expect(finalize.screen.lines).toEqual(expected);
  });
});

describe("reconcile", () => {
  it("shows series and intervals on a terminal, and leaves only its result there", async () => {
    const month = await billedMonth();
    await using api = await QueryApi.start();
    // Nothing was pushed.
    api.rule = ({ form }) => {
      const resultType = form["query"]?.endsWith("]") ? "matrix" : "vector";
      return { body: { status: "success", data: { resultType, result: [] } } };
    };
    await configure({ query: { url: api.url } });
    const args = ["reconcile", "--config", configFile, "--month", month];
    const expected = await linesWithoutTerminal(...args);
    await using terminal = Terminal.ofAgent(args, { columns: 300, rows: 50 });
    expect(await terminal.ended).toBe(1);
    expect(terminal.output).toContain(`${month}: reading the ledger and Prometheus`);
    expect(expected.join("\n")).toMatch(/144 compared, 0 equal, 0 different, 144 missing in Prometheus/);
    expect(terminal.screen.lines).toEqual(expected);
  });
});

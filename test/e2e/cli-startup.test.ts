// A command loads its own part of the program alone: a question about the command line is answered at once.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StatusSocket } from "../support/status-socket.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

const MAIN = new URL("../../dist/main.js", import.meta.url).pathname;

let folder: TempFolder;

beforeEach(async () => {
  folder = await tempFolder();
});

afterEach(() => folder[Symbol.asyncDispose]());

describe("a question about the command line", () => {
  /** What was loaded, as V8's coverage has it. */
  async function loadedBy(...args: readonly string[]): Promise<string> {
    const coverage = folder.file(`coverage-${args.join("-").replaceAll("/", "")}`);
    const env = { ...process.env, NODE_V8_COVERAGE: coverage };
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: "ignore", env });
    await once(child, "close");
    const files = await readdir(coverage);
    const reports = await Promise.all(files.map((file) => readFile(`${coverage}/${file}`, "utf8")));
    return reports.join("\n");
  }

  it.each([[["--version"]], [["--help"]], [["help", "report"]], [["completion", "bash"]]])(
    "loads nothing else: %j",
    async (args) => {
      const loaded = await loadedBy(...args);
      expect(loaded).toContain("dist/cli/main.js");
      expect(loaded).not.toMatch(/node_modules|dist\/(agent|config|billing|buffer|ship|capture)/);
    },
  );

  it("loads no more for status than it needs", async () => {
    const configFile = folder.file("agent.toml");
    await writeFile(configFile, '[agent]\nstate_dir = "."\n');
    await using _agent = await StatusSocket.open(folder.path, () => ({ instance: "desk" }));
    const loaded = await loadedBy("status", "--config", configFile);
    expect(loaded).toContain("dist/cli/status-view.js");
    expect(loaded).not.toMatch(/better-sqlite3|undici\/|protobufjs|dist\/(agent|billing|buffer|ship|capture)/);
  });
});

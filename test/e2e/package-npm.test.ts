// What npm packs: its list of files, and that a global installation of it works where there is no checkout. Needs the
// registry that `npm ci` uses, or what npm has of it in its cache.

import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pcapFile } from "../support/capture-file.ts";
import { CHECKOUT } from "../support/debian-package.ts";
import { framesOf, ipBytesOf } from "../support/flows.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);
const INTERVAL_MS = 300_000;
/** An interval that is over. */
const START_MS = Math.floor((Date.now() - 2 * INTERVAL_MS) / INTERVAL_MS) * INTERVAL_MS;
const FLOW = { source: "198.51.100.1", destination: "10.1.0.1", payload: 72, count: 50 };
/** Compiled when they are installed; a minute that `npm ci` has taken already. */
const COMPILED = ["better-sqlite3", "cap"];
const CONFIG = `
[agent]
state_dir = "state"
listen = ""
[[interface]]
name = "lo"
[[network]]
name = "acme"
prefixes = ["10.1.0.0/24"]
labels = { customer = "acmecorp" }
`;

describe("the npm package", () => {
  let folder: TempFolder;
  let files: readonly string[];

  beforeAll(async () => {
    folder = await tempFolder();
    const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder.path], {
      cwd: CHECKOUT,
    });
    const [{ filename, files: listed }] = JSON.parse(packed.stdout);
    files = listed.map(({ path }: { path: string }) => path);
    const install = ["install", "--global", "--prefix", folder.file("prefix"), folder.file(filename)];
    await run("npm", [...install, "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder.path,
    });
    for (const name of COMPILED)
      await cp(`${CHECKOUT}node_modules/${name}/build`, installed(`${name}/build`), { recursive: true });
    await mkdir(folder.file("empty"));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  function installed(path: string): string {
    return folder.file(`prefix/lib/node_modules/acct-agent/node_modules/${path}`);
  }

  /** Runs a command of what was installed, from a folder with nothing but its configuration. */
  async function command(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(folder.file("prefix/bin/acct-agent"), args, { cwd: folder.file("empty") });
    return stdout;
  }

  it("holds the program and what an operator needs beside it", () => {
    const wanted = [
      "dist/main.js",
      "dist/capture/ebpf/program.bpf.o",
      "proto/prometheus/remote.proto",
      "migrations/0001_ledger.sql",
      "agent.toml.example",
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "docs/acct-agent.1",
      "docs/operating.md",
      "deploy/systemd/acct-agent.service",
      "deploy/systemd/mount-bpffs",
      "deploy/completion/acct-agent.bash",
      "deploy/prometheus/acct-agent.rules.yml",
    ];
    for (const path of wanted) expect(files).toContain(path);
  });

  it("holds no sources, tests, maps and nothing of the machine", () => {
    const unexpected =
      /^(?!(deploy|dist|docs|migrations|proto)\/|(agent\.toml\.example|package\.json|README\.md|CHANGELOG\.md|LICENSE)$)/;
    expect(files.filter((path) => unexpected.test(path))).toEqual([]);
    expect(files.filter((path) => /\.(ts|map|tsbuildinfo)$|\.test\.|deploy\/debian/.test(path))).toEqual([]);
  });

  it("is the version that it says, with its manual page", async () => {
    const { version } = JSON.parse(await readFile(`${CHECKOUT}package.json`, "utf8"));
    expect(await command("--version")).toBe(`${version}\n`);
    expect(await readFile(folder.file("prefix/share/man/man1/acct-agent.1"), "utf8")).toContain("ACCT");
  });

  it("checks, replays and reports without the checkout", async () => {
    const month = new Date(START_MS).toISOString().slice(0, 7);
    const startNs = BigInt(START_MS) * 1_000_000n;
    const frames = framesOf(FLOW).map((frame, index) => ({ timeNs: startNs + BigInt(index) * 6_000_000_000n, frame }));
    await writeFile(folder.file("empty/agent.toml"), CONFIG);
    await writeFile(folder.file("empty/day.pcap"), pcapFile(frames));
    const config = ["--config", "agent.toml"];
    expect(await command("check", ...config)).toContain("agent.toml is valid");
    const replayed = JSON.parse(await command("replay", ...config, "--json", "day.pcap"));
    expect(replayed.totals.ip_bytes).toBe(FLOW.count * ipBytesOf(FLOW));
    const { bills } = JSON.parse(await command("report", ...config, "--month", month, "--format", "json"));
    expect(bills).toMatchObject([{ customer: "acmecorp", total_bytes_in: FLOW.count * ipBytesOf(FLOW) }]);
  });
});

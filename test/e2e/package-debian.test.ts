// The Debian package: what is in it, and that two builds of the same give the same bytes.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage, CHECKOUT, output } from "../support/debian-package.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

/** A line of `dpkg-deb --contents`. */
interface Entry {
  readonly mode: string;
  readonly owner: string;
  readonly path: string;
}

/** Development tools, and what only builds or installs a module. */
const NOT_NEEDED = ["typescript", "vitest", "tsx", "oxlint", "playwright-core", "prebuild-install", "nan"];

describe("the Debian package", () => {
  let folder: TempFolder;
  let first: string;
  let again: string;
  let entries: readonly Entry[];

  beforeAll(async () => {
    folder = await tempFolder();
    await mkdir(folder.file("again"));
    const builds = [buildPackage(folder.path), buildPackage(folder.file("again"), { umask: "077" })] as const;
    [first, again] = await Promise.all(builds);
    entries = (await output("dpkg-deb", "--contents", first)).trim().split("\n").map(entryOf);
    await output("dpkg-deb", "--raw-extract", first, folder.file("tree"));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it("has the same bytes whoever builds it", async () => {
    expect(again).not.toBe(first);
    expect((await readFile(again)).equals(await readFile(first))).toBe(true);
  });

  it("is named for its version and depends on the libraries that it loads", async () => {
    const { version } = JSON.parse(await readFile(`${CHECKOUT}package.json`, "utf8"));
    const depends = await output("dpkg-deb", "--field", first, "Depends");
    expect(await output("dpkg-deb", "--field", first, "Version")).toBe(`${version}-1\n`);
    for (const library of ["libbpf1", "libc6 (>=", "libpcap0.8 (>=", "libstdc++6 (>="])
      expect(depends).toContain(library);
    expect(depends).not.toContain("nodejs");
  });

  it("belongs to root and is readable, but for the configuration", () => {
    const config = "./etc/acct-agent/agent.toml";
    expect(entries.filter(({ owner }) => owner !== "root/root")).toEqual([]);
    expect(entries.find(({ path }) => path === config)?.mode).toBe("-rw-r-----");
    const others = entries.filter(({ path }) => path !== config).map(({ mode }) => mode);
    expect(new Set(others)).toEqual(new Set(["drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"]));
    expect(execFileSync("dpkg-deb", ["--info", first, "conffiles"], { encoding: "utf8" })).toBe(`${config.slice(1)}\n`);
  });

  it("holds what runs and no more", () => {
    const files = new Set(entries.map(({ path }) => path.slice(1)));
    const wanted = ["node", "node.LICENSE", "mount-bpffs", "package.json", "migrations/0001_ledger.sql"];
    for (const name of wanted) expect(files).toContain(`/usr/lib/acct-agent/${name}`);
    const modules = [...files].filter((path) => path.includes("/node_modules/"));
    expect(modules.filter((path) => NOT_NEEDED.some((name) => path.includes(`/node_modules/${name}/`)))).toEqual([]);
    expect([...files].filter((path) => /\.(ts|map|c|cc|h|o|gyp)$/.test(path) && !path.endsWith(".bpf.o"))).toEqual([]);
    expect([...files].filter((path) => path.endsWith(".node")).length).toBe(3);
  });

  it("names no path of the machine that built it", () => {
    const paths = [CHECKOUT.slice(0, -1), `${tmpdir()}/tmp.`, folder.path].flatMap((path) => ["-e", path]);
    // It ends with 1 where it finds nothing.
    const found = spawnSync("grep", ["-rlF", ...paths, folder.file("tree")], { encoding: "utf8" });
    expect(found).toMatchObject({ status: 1, stdout: "", stderr: "" });
  });

  it.runIf(existsSync("/usr/bin/lintian"))("has nothing that Debian's own check warns of", () => {
    const args = ["--allow-root", "--fail-on", "none", "--display-level", ">=warning", first];
    const found = execFileSync("lintian", args, { encoding: "utf8", stdio: "pipe" });
    expect(found).toBe("");
  });

  it("starts the agent with the options that the program's first line has", () => {
    const [line = ""] = readFileSync(`${CHECKOUT}dist/main.js`, "utf8").split("\n");
    const options = line.replace(/^#!.* node /, "");
    expect(options).toContain("--");
    const wrapper = readFileSync(folder.file("tree/usr/bin/acct-agent"), "utf8");
    expect(wrapper).toContain(`/node ${options} /usr/lib/acct-agent/dist/main.js "$@"`);
  });
});

function entryOf(line: string): Entry {
  const [mode = "", owner = "", , , , path = ""] = line.split(/\s+/);
  return { mode, owner, path };
}

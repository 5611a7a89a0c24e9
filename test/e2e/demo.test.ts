// `npm run demo` as its users run it: what it says it compares, it compares; and whatever ends it, nothing of it is left.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TIMEOUT_MS = 240_000;
const STEP_TIMEOUT_MS = 200_000;

/** A running demonstration of one day of history; it ends with the test at the latest. */
class Demo implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #output = "";

  constructor(...options: readonly string[]) {
    const args = ["--import", "tsx", "scripts/demo.ts", "--seconds", "20", "--days", "1", ...options];
    this.#child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.ended = once(this.#child, "close").then(([code]) => code);
  }

  get output(): string {
    return this.#output;
  }

  /** Waits until it prints that text. */
  async says(text: string): Promise<void> {
    const isSaid = (): boolean => this.#output.includes(text) || this.#child.exitCode !== null;
    await waitFor(`"${text}"`, isSaid, { timeoutMs: STEP_TIMEOUT_MS, intervalMs: 100 });
    if (!this.#output.includes(text)) throw new Error(`it ended without "${text}":\n${this.#output}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its folder, namespaces, mounts and processes that are there, itself left out. */
  left(): readonly string[] {
    const pid = String(this.#child.pid);
    const folder = join(tmpdir(), `acct-agent-demo-${pid}`);
    const namespaces = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
    return [
      ...(existsSync(folder) ? [folder] : []),
      ...namespaces.filter((name) => name.startsWith(`acct-demo-${pid}-`)),
      ...readFileSync("/proc/self/mounts", "utf8")
        .split("\n")
        .filter((line) => line.includes(`${folder}/`)),
      ...this.processes(),
    ];
  }

  /** Command lines of its agent and its Prometheus. */
  processes(): readonly string[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(commandLine)
      .filter((line) => line.includes(`acct-agent-demo-${this.#child.pid}/`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    await this.ended;
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // It ended in between.
    return "";
  }
}

liveDescribe("npm run demo", () => {
  it(
    "removes what a killed run left, compares everything, shows the status page, and leaves nothing",
    { timeout: TIMEOUT_MS },
    async ({ expect }) => {
      await using killed = new Demo();
      await killed.says("Live traffic");
      expect(killed.processes()).not.toEqual([]);
      killed.signal("SIGKILL");
      await killed.ended;
      await using demo = new Demo("--keep");
      await demo.says("its rules ");
      const [, page = ""] = /status page +(http\S+)/.exec(demo.output) ?? [];
      expect(await (await fetch(page)).text()).toContain("demo-edge");
      demo.signal("SIGINT");
      expect(await demo.ended, demo.output).toBe(0);
      expect(demo.output).toMatch(/removed what \d+ killed demonstration/);
      expect(demo.output.match(/ {2}equal$/gm), demo.output).toHaveLength(6);
      expect(demo.output).toMatch(/ (\d+) compared, \1 equal, /);
      expect(demo.output).toContain("report --source prometheus: the same bills");
      expect(demo.output).toContain("nothing is left in the kernel");
      expect(killed.left()).toEqual([]);
      expect(demo.left()).toEqual([]);
    },
  );

  it("removes everything when it is interrupted in the middle", { timeout: TIMEOUT_MS }, async ({ expect }) => {
    await using demo = new Demo();
    await demo.says("Prometheus is stopped");
    demo.signal("SIGINT");
    demo.signal("SIGINT");
    expect(await demo.ended, demo.output).toBe(130);
    expect(demo.output).toContain("nothing is left in the kernel");
    expect(demo.left()).toEqual([]);
  });
});

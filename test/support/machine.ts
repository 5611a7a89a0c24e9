// A machine to install packages on: a copy of this one that nothing writes back, with systemd as its first process, in
// a network namespace of the test's. Needs root. Its processes and mounts end with it, however the test ends.

import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Namespace } from "./netns.ts";
import { waitFor } from "./wait-for.ts";

const BOOT = fileURLToPath(new URL("boot-machine", import.meta.url));
/** Where the shared folder is inside. */
const SHARED = "/srv";
const COMMAND_TIMEOUT_MS = 90_000;
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
const REMOVE_CGROUP = `
mount -t tmpfs tmpfs /mnt && mkdir /mnt/cgroup && mount -t cgroup2 cgroup2 /mnt/cgroup && cd /mnt/cgroup &&
if [ -d "$1" ]; then find "$1" -depth -type d -exec rmdir {} +; fi`;
const run = promisify(execFile);

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machine implements AsyncDisposable {
  readonly #name: string;
  readonly #process: ChildProcess;
  #complaints = "";

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
    process.stderr?.on("data", (text: Buffer) => (this.#complaints += String(text)));
  }

  /** Boots one in `namespace`, which sees the folder `shared` as its own (`inside`). */
  static async boot(namespace: Namespace, shared: string): Promise<Machine> {
    const name = namespace.name;
    const child = namespace.spawn(BOOT, [name, shared], { stdio: ["ignore", "ignore", "pipe"] });
    const machine = new Machine(name, child);
    try {
      await machine.#booted();
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw new Error(`no machine: ${machine.#complaints}`, { cause: error });
    }
  }

  /** The path inside of a file of the shared folder. */
  inside(name: string): string {
    return `${SHARED}/${name}`;
  }

  /** Runs a command inside as root to its end. */
  async try(file: string, ...args: readonly string[]): Promise<Ran> {
    const all = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"];
    const command = [`--target=${this.#init()}`, ...all, "--", file, ...args];
    const options = { env: ENVIRONMENT, timeout: COMMAND_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    return run("nsenter", command, options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code?: unknown; stdout?: string; stderr?: string }) => {
        if (typeof error.code !== "number") throw error;
        return { code: error.code, stdout: error.stdout ?? "", stderr: error.stderr ?? "" };
      },
    );
  }

  /** The same; throws with everything that it said where it fails. */
  async run(file: string, ...args: readonly string[]): Promise<Ran> {
    const ran = await this.try(file, ...args);
    if (ran.code === 0) return ran;
    throw new Error([`${file} ${args.join(" ")} ended with ${ran.code}`, ran.stdout, ran.stderr].join("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      // unshare takes the first process of its namespace with it, and that one every other.
      this.#process.kill("SIGKILL");
      await ended;
    }
    await waitFor("the machine's end", () => run("unshare", ["--mount", "sh", "-c", REMOVE_CGROUP, "-", this.#name]));
  }

  async #booted(): Promise<void> {
    await waitFor("systemd", async () => {
      if (this.#process.exitCode !== null) return true;
      const { stdout } = await this.try("systemctl", "is-system-running");
      return /^(running|degraded)/.test(stdout);
    });
    if (this.#process.exitCode !== null) throw new Error(`it ended with ${this.#process.exitCode}`);
  }

  /** The process id out here of the machine's first process. */
  #init(): number {
    const { pid = 0 } = this.#process;
    const [init = ""] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    if (init === "") throw new Error("the machine has no first process");
    return Number(init);
  }
}

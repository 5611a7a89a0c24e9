// The built agent, whole, in a namespace of its own: its configuration, its processes and its ledger.

import { type ChildProcess, execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import type { Namespace } from "../../test/support/netns.ts";
import { MAIN, NODE_FLAGS } from "./built.ts";
import { ChildOutput, endProcess, pidOf } from "./child-output.ts";

const run = promisify(execFile);

const BACKENDS = ["pcap", "ebpf"] as const;
export type Backend = (typeof BACKENDS)[number];

/** Those that `--subjects` names, all without it. */
export function wantedBackends(subjects: readonly string[] | null): readonly Backend[] {
  return BACKENDS.filter((backend) => subjects === null || subjects.includes(backend));
}

export interface AgentSettings {
  readonly backend: Backend;
  /** A folder that the caller removes. */
  readonly folder: string;
  readonly prefixes: readonly string[];
  readonly window: string;
  /** Where to push; nothing is encoded without it. */
  readonly remoteWrite?: string;
  /** How a backlog is delivered; default: the agent's own. */
  readonly catchUp?: "batched";
  /** Default: the agent's own. */
  readonly maxBytes?: number;
  /** Puts the counters of each address on /metrics. */
  readonly exposeAddresses?: boolean;
}

/** What the ledger holds of all windows. */
export interface LedgerTotals {
  readonly windows: number;
  readonly frames: number;
  readonly droppedFrames: number;
}

export class AgentProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #output: ChildOutput;
  readonly #settings: AgentSettings;

  private constructor(child: ChildProcess, settings: AgentSettings) {
    this.#child = child;
    this.#output = new ChildOutput(child);
    this.#settings = settings;
  }

  /** Resolves when the agent captures. */
  static async start(edge: Namespace, settings: AgentSettings): Promise<AgentProcess> {
    for (const folder of [stateDirOf(settings), bpffsOf(settings)]) await mkdir(folder, { recursive: true });
    await run("mount", ["-t", "bpf", "acctbench", bpffsOf(settings)]);
    await writeFile(configOf(settings), configuration(settings, edge.interface));
    const child = edge.spawn(process.execPath, [...NODE_FLAGS, MAIN, "--config", configOf(settings)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const agent = new AgentProcess(child, settings);
    try {
      await agent.#output.match(/capture started/);
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
    return agent;
  }

  get pid(): number {
    return pidOf(this.#child);
  }

  get socketPath(): string {
    return join(stateDirOf(this.#settings), "agent.sock");
  }

  /** What the agent logged. */
  get log(): string {
    return this.#output.text;
  }

  /** Reads the ledger of the running agent. */
  totals(): LedgerTotals {
    const database = new Sqlite(join(stateDirOf(this.#settings), "ledger.sqlite"), { readonly: true });
    try {
      const sums = "count(*) AS windows, total(frames) AS frames, total(dropped_frames) AS droppedFrames";
      return database.prepare<[], LedgerTotals>(`SELECT ${sums} FROM window`).get() ?? EMPTY;
    } finally {
      database.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, "SIGTERM");
    await run("umount", [bpffsOf(this.#settings)]);
  }
}

const EMPTY: LedgerTotals = { windows: 0, frames: 0, droppedFrames: 0 };

/** Where an agent that is started in `folder` has its ledger. */
export function stateDirOf({ folder }: Pick<AgentSettings, "folder">): string {
  return join(folder, "state");
}

/** What is pinned goes on counting without the agent: in a file system of its own, it ends with that. */
function bpffsOf({ folder }: AgentSettings): string {
  return join(folder, "bpffs");
}

function configOf({ folder }: AgentSettings): string {
  return join(folder, "agent.toml");
}

function configuration(settings: AgentSettings, interfaceName: string): string {
  const catchUp = settings.catchUp ? `catch_up = "${settings.catchUp}"\n` : "";
  const endpoint = settings.remoteWrite
    ? `[[remote_write]]\nname = "bench"\nurl = "${settings.remoteWrite}"\nschedule = "* * * * * *"\n${catchUp}`
    : "";
  const limit = settings.maxBytes === undefined ? "" : `[buffer]\nmax_bytes = "${settings.maxBytes / 2 ** 20}MiB"\n`;
  return `
[agent]
instance = "bench"
state_dir = "${stateDirOf(settings)}"
listen = ""
expose_addresses = ${settings.exposeAddresses ?? false}
[capture]
backend = "${settings.backend}"
bpffs = "${bpffsOf(settings)}"
[[interface]]
name = "${interfaceName}"
[account]
window = "${settings.window}"
[[network]]
name = "bench"
prefixes = ${JSON.stringify(settings.prefixes)}
labels = { customer = "bench", environment = "production" }
${limit}${endpoint}`;
}

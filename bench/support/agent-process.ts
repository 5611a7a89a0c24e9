// The built agent, whole, in a namespace of its own: its configuration, its processes and its ledger.

import type { ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { Namespace } from "../../test/support/netns.ts";
import { MAIN, NODE_FLAGS } from "./built.ts";
import { ChildOutput, endProcess, pidOf } from "./child-output.ts";

export interface AgentSettings {
  /** A folder that the caller removes. */
  readonly folder: string;
  readonly prefixes: readonly string[];
  readonly window: string;
  /** Where to push; nothing is encoded without it. */
  readonly remoteWrite?: string;
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
  readonly #stateDir: string;

  private constructor(child: ChildProcess, stateDir: string) {
    this.#child = child;
    this.#output = new ChildOutput(child);
    this.#stateDir = stateDir;
  }

  /** Resolves when the agent captures. */
  static async start(edge: Namespace, settings: AgentSettings): Promise<AgentProcess> {
    const stateDir = join(settings.folder, "state");
    await mkdir(stateDir, { recursive: true });
    const config = join(settings.folder, "agent.toml");
    await writeFile(config, configuration(settings, stateDir, edge.interface));
    const child = edge.spawn(process.execPath, [...NODE_FLAGS, MAIN, "--config", config], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const agent = new AgentProcess(child, stateDir);
    await agent.#output.match(/capture started/);
    return agent;
  }

  get pid(): number {
    return pidOf(this.#child);
  }

  get socketPath(): string {
    return join(this.#stateDir, "agent.sock");
  }

  /** What the agent logged. */
  get log(): string {
    return this.#output.text;
  }

  /** Reads the ledger of the running agent. */
  totals(): LedgerTotals {
    const database = new Sqlite(join(this.#stateDir, "ledger.sqlite"), { readonly: true });
    try {
      const sums = "count(*) AS windows, total(frames) AS frames, total(dropped_frames) AS droppedFrames";
      return database.prepare<[], LedgerTotals>(`SELECT ${sums} FROM window`).get() ?? EMPTY;
    } finally {
      database.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, "SIGTERM");
  }
}

const EMPTY: LedgerTotals = { windows: 0, frames: 0, droppedFrames: 0 };

function configuration(settings: AgentSettings, stateDir: string, interfaceName: string): string {
  const endpoint = settings.remoteWrite
    ? `[[remote_write]]\nname = "bench"\nurl = "${settings.remoteWrite}"\nschedule = "* * * * * *"\n`
    : "";
  return `
[agent]
instance = "bench"
state_dir = "${stateDir}"
listen = ""
[capture]
backend = "pcap"
[[interface]]
name = "${interfaceName}"
[account]
window = "${settings.window}"
[[network]]
name = "bench"
prefixes = ${JSON.stringify(settings.prefixes)}
labels = { customer = "bench", environment = "production" }
${endpoint}`;
}

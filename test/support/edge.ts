// The ground of an end-to-end test: a silent namespace with one accounted interface, the agent's folder, and receivers
// reachable on the namespace's loopback.

import { writeFile } from "node:fs/promises";
import { stringify, type TomlTable } from "smol-toml";
import { type AgentOptions, AgentProcess, type CommandResult, runCommandIn } from "./agent-process.ts";
import { kernelStateOf, removeLeftoverPins } from "./kernel-state.ts";
import { exposePort } from "./namespace-port.ts";
import { NetworkPair } from "./netns.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";
import { waitFor } from "./wait-for.ts";

/** The shortest window that can be configured. */
export const WINDOW_MS = 5_000;

export interface Endpoint {
  readonly name: string;
  /** Its write address on the test's loopback, reached inside under the same one. */
  readonly url: string;
  /** Where it begins; default: with what is retained. */
  readonly start?: "retained" | "now";
}

export class Edge implements AsyncDisposable {
  readonly pair: NetworkPair;
  readonly #folder: TempFolder;
  readonly #ports = new Map<number, AsyncDisposable>();

  private constructor(pair: NetworkPair, folder: TempFolder) {
    this.pair = pair;
    this.#folder = folder;
  }

  /** Tests that run at the same time need a `prefix` each. */
  static async create(prefix: string): Promise<Edge> {
    removeLeftoverPins();
    const pair = await NetworkPair.create({ prefix });
    return new Edge(pair, await tempFolder());
  }

  get interface(): string {
    return this.pair.edge.interface;
  }

  get stateDir(): string {
    return this.#folder.file("state");
  }

  get configFile(): string {
    return this.#folder.file("agent.toml");
  }

  /** The path of a file of the test's own. */
  file(name: string): string {
    return this.#folder.file(name);
  }

  /** Writes the configuration: windows of 5 s on the namespace's interface, pushes every second, and `sections`. */
  async configure(sections: TomlTable, endpoints: readonly Endpoint[] = []): Promise<void> {
    for (const { url } of endpoints) await this.#expose(Number(new URL(url).port));
    const config = {
      agent: { instance: "edge", state_dir: "state", listen: "" },
      account: { window: "5s" },
      interface: [{ name: this.interface }],
      ...sections,
      ...(endpoints.length === 0 ? {} : { remote_write: endpoints.map((endpoint) => withSchedule(endpoint)) }),
    };
    await writeFile(this.configFile, stringify(config));
  }

  /** Starts the agent inside, or in another namespace. */
  start(options: Pick<AgentOptions, "ownGroup" | "env" | "namespace"> = {}): AgentProcess {
    const { configFile, stateDir } = this;
    return new AgentProcess({ namespace: this.pair.edge, ...options, configFile, stateDir });
  }

  /** Runs a command of the program inside, on the edge's configuration. */
  command(name: string, ...args: readonly string[]): Promise<CommandResult> {
    return runCommandIn(this.pair.edge, name, "--config", this.configFile, ...args);
  }

  /** Removes what the edge's agents left in the kernel, then everything else. Throws where detach did not do it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#detach();
    } finally {
      await this.pair[Symbol.asyncDispose]();
      for (const port of this.#ports.values()) await port[Symbol.asyncDispose]();
      await this.#folder[Symbol.asyncDispose]();
    }
  }

  async #detach(): Promise<void> {
    if (kernelStateOf(this.stateDir).length === 0) return;
    // A test may have left a configuration that is none.
    await this.configure({});
    const { code, complaints } = await this.command("detach");
    const left = kernelStateOf(this.stateDir);
    if (left.length > 0) throw new Error([`detach ended with ${code} and left`, ...left, ...complaints].join("\n"));
  }

  async #expose(port: number): Promise<void> {
    if (!this.#ports.has(port)) this.#ports.set(port, await exposePort(this.pair.edge, port));
  }
}

/** The start of the window that runs now. */
export function windowNow(): number {
  return Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
}

/**
 * Waits until a window that starts at `notBeforeMs` or later is between these moments of its course, milliseconds
 * after its start. Returns the window's start.
 */
export async function windowAt(fromMs: number, toMs: number, notBeforeMs = 0): Promise<number> {
  await waitFor("the right moment of a window", () => {
    const intoMs = Date.now() % WINDOW_MS;
    return windowNow() >= notBeforeMs && intoMs >= fromMs && intoMs < toMs;
  });
  return windowNow();
}

/** Throws where the window that starts at `startMs` is over: a test that is that slow proves nothing. */
export function stillIn(startMs: number): void {
  if (windowNow() !== startMs) throw new Error(`the window of ${new Date(startMs).toISOString()} ended too early`);
}

/** Waits until the clock shows `timeMs`. */
export async function clockAt(timeMs: number): Promise<void> {
  await waitFor(new Date(timeMs).toISOString(), () => Date.now() >= timeMs, { timeoutMs: timeMs - Date.now() + 1_000 });
}

export function endpointOf(name: string, server: { readonly writeUrl: string }): Endpoint {
  return { name, url: server.writeUrl };
}

function withSchedule({ name, url, start = "retained" }: Endpoint): TomlTable {
  return { name, url, start, schedule: "* * * * * *" };
}

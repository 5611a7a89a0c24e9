// Debian's Prometheus with the rules of the demonstration, on this machine's loopback; it can be stopped and started
// again on the same data.

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../test/support/free-port.ts";
import { until } from "./wait.ts";

const STOP_TIMEOUT_MS = 10_000;

interface QueryAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [seconds: number, value: string];
    }[];
  };
}

export class Prometheus implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#port = port;
  }

  /** Chooses a port; `folder` will hold everything else. */
  static async prepare(folder: string): Promise<Prometheus> {
    return new Prometheus(folder, await freePort());
  }

  get port(): number {
    return this.#port;
  }

  /** Resolves when it answers. Rejects where it cannot start, with its last words. */
  async start(signal: AbortSignal): Promise<void> {
    await writeFile(join(this.#folder, "prometheus.yml"), configuration());
    const log = openSync(this.#logFile, "a");
    const how: SpawnOptions = { detached: true, stdio: ["ignore", log, log] };
    const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", "prometheus", ...this.#arguments()], how);
    closeSync(log);
    this.#child = child;
    const answers = async (): Promise<"ready" | "ended" | null> => {
      if (child.exitCode !== null || child.signalCode !== null) return "ended";
      return (await fetch(`${this.url}/-/ready`)).ok ? "ready" : null;
    };
    if ((await until("prometheus to be ready", answers, { signal })) === "ended")
      throw new Error(`prometheus ended; the last it said: ${lastLine(await readFile(this.#logFile, "utf8"))}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const lastResort = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(lastResort);
  }

  /** The values of an instant query by the labels of their series. */
  async query(promql: string): Promise<readonly { labels: Readonly<Record<string, string>>; value: number }[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(promql)}`);
    if (!response.ok) throw new Error(`${promql}: HTTP ${response.status} ${await response.text()}`);
    const answer: QueryAnswer = JSON.parse(await response.text());
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The address of its page with this query's graph. */
  graph(promql: string, range: string): string {
    return `${this.url}/graph?g0.expr=${encodeURIComponent(promql)}&g0.tab=0&g0.range_input=${range}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #logFile(): string {
    return join(this.#folder, "prometheus.log");
  }

  #arguments(): readonly string[] {
    return [
      `--config.file=${join(this.#folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(this.#folder, "prometheus")}`,
      "--storage.tsdb.retention.time=100d",
      "--web.enable-remote-write-receiver",
      `--web.listen-address=127.0.0.1:${this.#port}`,
    ];
  }
}

/** JSON is YAML. Rule files are read from its own folder. */
function configuration(): string {
  return JSON.stringify({
    global: { evaluation_interval: "15s" },
    rule_files: ["rules.yml"],
    storage: { tsdb: { out_of_order_time_window: "100d" } },
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

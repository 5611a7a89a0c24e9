// Debian's Prometheus on a free loopback port with a folder of its own, and what tests ask of any such database.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { freePort } from "./free-port.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";
import { waitFor } from "./wait-for.ts";

export interface TimedValue {
  readonly timeMs: number;
  readonly value: number;
}

/** A series with its raw or evaluated samples, oldest first. */
export interface ReadSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly TimedValue[];
}

export interface RangeOptions {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** A program and how to know that it is ready. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Answers 200 when the program is ready. */
  readonly readyPath: string;
  readonly folder: TempFolder;
}

type ApiPair = readonly [seconds: number, value: string];
interface ApiSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: ApiPair;
  readonly values?: readonly ApiPair[];
}
type ApiData =
  | { readonly resultType: "vector" | "matrix"; readonly result: readonly ApiSeries[] }
  | { readonly resultType: "scalar"; readonly result: ApiPair };

/** A running database with the Prometheus HTTP API; `await using` stops it and removes its folder. */
export class MetricsServer implements AsyncDisposable {
  readonly url: string;
  readonly #command: ServerCommand;
  readonly #child: ChildProcess;
  #output = "";

  constructor(command: ServerCommand) {
    this.#command = command;
    this.url = `http://127.0.0.1:${command.port}`;
    this.#child = spawn(command.program, command.args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.once("error", (error) => (this.#output += String(error)));
    const keep = (chunk: Buffer): string => (this.#output = (this.#output + chunk.toString()).slice(-4000));
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
  }

  get writeUrl(): string {
    return `${this.url}/api/v1/write`;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last of what the program wrote, for a failing test's message. */
  get output(): string {
    return this.#output;
  }

  async ready(): Promise<this> {
    try {
      await waitFor(`${this.#command.program} to be ready`, () => this.#isReady(), { intervalMs: 50 });
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw new Error(`${this.#command.program} did not start: ${this.#output}`, { cause: error });
    }
    return this;
  }

  /** An instant query; one sample per series, several for a range selector. `timeMs` defaults to now. */
  async query(promql: string, timeMs = Date.now()): Promise<ReadSeries[]> {
    return toSeries(await this.#api("query", { query: promql, time: seconds(timeMs) }));
  }

  /** A range query, evaluated at each step. */
  async queryRange(promql: string, range: RangeOptions): Promise<ReadSeries[]> {
    const { fromMs, toMs, stepMs } = range;
    const parameters = { query: promql, start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) };
    return toSeries(await this.#api("query_range", parameters));
  }

  /** Raw samples of the selected series in [fromMs, toMs]. */
  async exportSeries(selector: string, fromMs: number, toMs: number): Promise<ReadSeries[]> {
    return this.query(`${selector}[${toMs - fromMs + 1}ms]`, toMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      const lastResort = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(lastResort);
    }
    await this.#command.folder[Symbol.asyncDispose]();
  }

  async #isReady(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`exit code ${this.#child.exitCode}`);
    return (await fetch(`${this.url}${this.#command.readyPath}`)).ok;
  }

  async #api(endpoint: string, parameters: Record<string, string>): Promise<ApiData> {
    const body = new URLSearchParams(parameters);
    const response = await fetch(`${this.url}/api/v1/${endpoint}`, { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${endpoint} ${parameters["query"]}: HTTP ${response.status} ${text}`);
    const answer: { data: ApiData } = JSON.parse(text);
    return answer.data;
  }
}

export interface PrometheusOptions {
  /** Accept samples up to 100 days late; without it, what is over 1 h behind is refused. */
  readonly outOfOrder: boolean;
  /** Paths of rule files. */
  readonly ruleFiles?: readonly string[];
}

export async function startPrometheus(options: PrometheusOptions): Promise<MetricsServer> {
  const [port, folder] = await Promise.all([freePort(), tempFolder()]);
  const storage = options.outOfOrder ? { storage: { tsdb: { out_of_order_time_window: "100d" } } } : {};
  // JSON is YAML.
  const rules = { global: { evaluation_interval: "1s" }, rule_files: options.ruleFiles ?? [] };
  await writeFile(folder.file("prometheus.yml"), JSON.stringify({ ...rules, ...storage }));
  const args = [
    `--config.file=${folder.file("prometheus.yml")}`,
    `--storage.tsdb.path=${folder.file("data")}`,
    "--storage.tsdb.retention.time=400d",
    "--web.enable-remote-write-receiver",
    "--web.enable-lifecycle",
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return new MetricsServer({ program: "prometheus", args, port, readyPath: "/-/ready", folder }).ready();
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function toSeries(data: ApiData): ReadSeries[] {
  if (data.resultType === "scalar") return [{ labels: {}, samples: [toSample(data.result)] }];
  return data.result.map((series) => ({
    labels: series.metric,
    samples: (series.values ?? (series.value === undefined ? [] : [series.value])).map(toSample),
  }));
}

function toSample([time, value]: ApiPair): TimedValue {
  return { timeMs: Math.round(time * 1000), value: Number(value.replace("Inf", "Infinity")) };
}

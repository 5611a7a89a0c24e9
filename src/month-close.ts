// Closes months by a schedule: lets the command line's `report --close` work in a process of its own, so that neither the
// agent's event loop nor the ledger's thread waits for it. What one run could not close, the next one does.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Counter } from "prom-client";
import { nextRun } from "./ship/next-run.ts";
import type { Log } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface MonthCloseOptions {
  /** A cron pattern of six fields in UTC; null for no closing. */
  readonly schedule: string | null;
  /** The configuration, which each run reads anew. */
  readonly configFile: string;
}

export interface MonthCloseParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** The program, as node runs it. */
  readonly program?: string;
  readonly limitMs?: number;
}

const PROGRAM = fileURLToPath(new URL("./main.js", import.meta.url));
/** A fleet's month out of a slow Prometheus takes minutes. */
const LIMIT_MS = 1_800_000;
/** Of what a run says: it is logged when the run is over. */
const LONGEST_OUTPUT = 65_536;

export class MonthClose {
  readonly #log: Log;
  readonly #program: string;
  readonly #limitMs: number;
  readonly #closes: Counter<"result">;
  #options: MonthCloseOptions;
  #changed = new AbortController();

  constructor(options: MonthCloseOptions, { log, metrics, program = PROGRAM, limitMs = LIMIT_MS }: MonthCloseParts) {
    this.#options = options;
    this.#log = log;
    this.#program = program;
    this.#limitMs = limitMs;
    this.#closes = new Counter({
      name: "acct_billing_closes_total",
      help: "Runs that closed the months that were due, by result.",
      registers: [metrics],
      labelNames: ["result"],
    });
    for (const result of ["done", "failed"]) this.#closes.inc({ result }, 0);
  }

  /** Closes what is due at once and then at each run of the schedule. Never rejects; ends soon after `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#changed = new AbortController();
      const { schedule } = this.#options;
      const wake = AbortSignal.any([signal, this.#changed.signal]);
      if (schedule === null) await aborted(wake);
      else {
        await this.#close(signal);
        await nextRun(schedule, wake);
      }
    }
  }

  /** Takes on a changed configuration. */
  reconfigure(options: MonthCloseOptions): void {
    if (options.schedule === this.#options.schedule) return;
    this.#options = options;
    this.#changed.abort();
  }

  async #close(signal: AbortSignal): Promise<void> {
    const problem = await this.#runProgram(signal);
    if (signal.aborted) return;
    this.#closes.inc({ result: problem === null ? "done" : "failed" });
    if (problem !== null) this.#log.error({ problem }, "closing months failed: the next run tries again");
  }

  /** Runs the program to its end and logs what it says. Returns what went wrong. A kill leaves each bill whole or not there. */
  async #runProgram(signal: AbortSignal): Promise<string | null> {
    const child = this.#start(signal);
    const lines = collectLines(child.stderr);
    const problem = await problemOf(child, this.#limitMs);
    if (signal.aborted) return null;
    for (const line of lines()) this.#log[problem === null ? "info" : "error"]({ line }, "closing months");
    return problem;
  }

  #start(signal: AbortSignal): ChildProcess {
    const args = [this.#program, "report", "--close", "--config", this.#options.configFile];
    return spawn(process.execPath, args, {
      stdio: ["ignore", "ignore", "pipe"],
      signal,
      timeout: this.#limitMs,
      killSignal: "SIGKILL",
    });
  }
}

/** Waits until a process is gone. */
function problemOf(child: ChildProcess, limitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    child.once("error", ({ message }) => {
      // One that is being killed is still to end.
      if (child.pid === undefined) resolve(message);
    });
    child.once("close", (code, killed) => {
      if (killed !== null) resolve(`ended by ${killed}, the limit is ${limitMs} ms`);
      else resolve(code === 0 ? null : `exit code ${code}`);
    });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The lines of a stream so far, from its first 64 KiB. */
function collectLines(stream: Readable | null): () => readonly string[] {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < LONGEST_OUTPUT) text += chunk;
  });
  return () => text.split("\n").filter((line) => line !== "");
}

// `acct-agent status --watch`: the same again and again, in place on a terminal, else one block after another. Goes on
// while no agent answers, and ends when it is told to, or when nobody reads any more.

import { setTimeout as sleep } from "node:timers/promises";
import { type AgentAnswer, answerJson, asError, askAgent } from "./agent-socket.ts";
import { complain } from "./command.ts";
import { DrainSpeeds } from "./drain-speed.ts";
import { harmless } from "../lib/harmless-text.ts";
import { Screen } from "./screen.ts";
import { type DrainOf, statusText } from "./status-view.ts";

export interface WatchOptions {
  readonly socketPath: string;
  readonly intervalMs: number;
  readonly json: boolean;
}

/** What there is to show: an answer, or since when there is none. */
type Look =
  | { readonly kind: "answer"; readonly answer: AgentAnswer; readonly drainOf: DrainOf }
  | { readonly kind: "silence"; readonly sinceMs: number; readonly reason: string };

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves when it was told to end. */
export async function watchStatus(options: WatchOptions): Promise<void> {
  const stop = new AbortController();
  let isHungUp = false;
  const end = (signal?: NodeJS.Signals): void => {
    isHungUp ||= signal === "SIGHUP";
    stop.abort();
  };
  for (const signal of ENDING_SIGNALS) process.once(signal, end);
  // Who reads has had enough, or the terminal is gone: no reason to complain.
  process.stdout.on("error", () => end());
  try {
    if (options.json) await asJson(options, stop.signal);
    else if (isScreen()) await onScreen(options, { signal: stop.signal, end });
    else await inBlocks(options, stop.signal);
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, end);
  }
  // Node would abort at its end, because it cannot reset a terminal that is gone.
  if (isHungUp) process.kill(process.pid, "SIGHUP");
}

function isScreen(): boolean {
  return process.stdout.isTTY && process.env["TERM"] !== "dumb";
}

async function onScreen(
  options: WatchOptions,
  { signal, end }: { signal: AbortSignal; end: () => void },
): Promise<void> {
  using screen = new Screen({ output: process.stdout, input: process.stdin }, end).open();
  for await (const look of looks(options, signal)) screen.show(screenText(look));
}

async function inBlocks(options: WatchOptions, signal: AbortSignal): Promise<void> {
  let separator = "";
  for await (const look of looks(options, signal)) {
    process.stdout.write(`${separator}${blockText(look)}\n`);
    separator = "\n";
  }
}

/** One object a line. Silence is no object: standard error says it, once. */
async function asJson(options: WatchOptions, signal: AbortSignal): Promise<void> {
  let saidMs: number | null = null;
  for await (const look of looks(options, signal)) {
    if (look.kind === "answer") process.stdout.write(`${JSON.stringify(answerJson(look.answer))}\n`);
    else if (saidMs !== look.sinceMs) {
      saidMs = look.sinceMs;
      complain(blockText(look));
    }
  }
}

/** One look each interval, from now on, until the signal. */
async function* looks({ socketPath, intervalMs }: WatchOptions, signal: AbortSignal): AsyncGenerator<Look> {
  const speeds = new DrainSpeeds();
  let silentSinceMs: number | null = null;
  let nextMs = performance.now();
  while (!signal.aborted) {
    const asked = await askAgent(socketPath, signal).catch(asError);
    if (signal.aborted) return;
    if (asked instanceof Error) {
      speeds.forget();
      silentSinceMs ??= Date.now();
      yield { kind: "silence", sinceMs: silentSinceMs, reason: harmless(asked.message) };
    } else {
      silentSinceMs = null;
      yield { kind: "answer", answer: asked, drainOf: drainsOf(asked, speeds) };
    }
    nextMs = Math.max(nextMs + intervalMs, performance.now());
    await sleep(nextMs - performance.now(), undefined, { signal }).catch(() => undefined);
  }
}

function drainsOf({ status }: AgentAnswer, speeds: DrainSpeeds): DrainOf {
  const timeMs = status.time === undefined ? Date.now() : Date.parse(status.time);
  const drains = new Map(
    (status.endpoints ?? []).map(({ name = "", pending_samples: samples = 0 }) => {
      return [name, speeds.look(name, { timeMs, samples })] as const;
    }),
  );
  return ({ name = "" }) => drains.get(name) ?? null;
}

function screenText(look: Look): string {
  return `${clockTime(Date.now())} UTC${process.stdin.isTTY ? "   q ends" : ""}\n\n${blockText(look)}`;
}

function blockText(look: Look): string {
  if (look.kind === "answer") return statusText(look.answer, look.drainOf);
  return `no agent answers since ${clockTime(look.sinceMs)} UTC (${look.reason})`;
}

/** HH:MM:SS. */
function clockTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19);
}

// One line on the terminal that says how far a command is: on standard error, and only where that is a terminal that can
// take a line back. Gone before anything else is written, at the end, and when the command is interrupted.

import { harmless } from "../lib/harmless-text.ts";
import { cutToWidth } from "./text-width.ts";

export interface Progress extends Disposable {
  /** Shows what `text` says, at most ten times a second. */
  show(text: () => string): void;
}

const REDRAW_MS = 100;
const DEFAULT_COLUMNS = 80;
/** To the line's beginning, and the rest of it erased (ECMA-48 EL). */
const ERASE_LINE = "\r\x1b[K";
const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** There is one terminal, whoever writes to it: whether its last line is one of progress is a fact of the process. */
let isShown = false;

/** Makes room for other output. */
export function clearProgress(): void {
  if (!isShown) return;
  isShown = false;
  process.stderr.write(ERASE_LINE);
}

/** Silent where standard error is no terminal, or one without cursor control. */
export function startProgress(): Progress {
  if (!process.stderr.isTTY || process.env["TERM"] === "dumb") return { show: () => {}, [Symbol.dispose]: () => {} };
  let nextMs = 0;
  for (const signal of INTERRUPTIONS) process.once(signal, interrupted);
  return {
    show: (text) => {
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + REDRAW_MS;
      draw(text());
    },
    [Symbol.dispose]: () => {
      for (const signal of INTERRUPTIONS) process.off(signal, interrupted);
      clearProgress();
    },
  };
}

/** A column is left free: the last one makes some terminals wrap. */
function draw(text: string): void {
  const columns = (process.stderr.columns || DEFAULT_COLUMNS) - 1;
  isShown = true;
  process.stderr.write(`${ERASE_LINE}${cutToWidth(harmless(text), columns)}`);
}

/** Ends the process the way that it would have ended without progress. */
function interrupted(signal: NodeJS.Signals): void {
  clearProgress();
  process.kill(process.pid, signal);
}

// A log whose lines a test can read.

import { type Log, createLog, stageLog } from "../../../src/telemetry/log.ts";

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly stage: string;
  readonly endpoint?: string;
  readonly reason?: string;
  readonly outcome?: string;
  readonly wait_ms?: number;
  readonly failures?: number;
}

export interface MemoryLog {
  readonly log: Log;
  readonly lines: LogLine[];
  /** Lines above debug, as "level: message". */
  readonly headlines: () => string[];
}

export function memoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const destination = { write: (line: string): number => lines.push(JSON.parse(line)) };
  const headlines = (): string[] =>
    lines.filter((line) => line.level !== "debug").map((line) => `${line.level}: ${line.msg}`);
  return { log: stageLog(createLog("debug", destination), "ship"), lines, headlines };
}

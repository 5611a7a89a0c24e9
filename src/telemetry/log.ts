// JSON lines on standard error, one logger a stage. A line carries level, time, stage, msg and the facts as fields.

import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The root logger; `destination` defaults to standard error. Derive a stage's with `stageLog`. */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

export type Stage = "agent" | "capture" | "account" | "buffer" | "ship" | "billing";

export function stageLog(log: Log, stage: Stage): Log {
  return log.child({ stage });
}

// Entry point of the ledger's thread: opens the ledger, then answers one call after another.

import { parentPort, workerData } from "node:worker_threads";
import { LedgerError } from "../buffer/database.ts";
import { ColumnGarbage } from "../lib/column-garbage.ts";
import { USAGE_ROW_BYTES, type WindowUsage } from "../model/window.ts";
import { Ledger, type LedgerOptions } from "./ledger.ts";
import { type LedgerAnswer, type LedgerApi, type LedgerCall, START_ID } from "./ledger-client.ts";

function serve(options: LedgerOptions): void {
  const port = parentPort;
  if (!port) throw new Error("ledger: this file is a thread's entry point");
  const answer = (message: LedgerAnswer): void => port.postMessage(message);
  let ledger: Ledger;
  try {
    ledger = new Ledger(options);
  } catch (error) {
    answer({ id: START_ID, error: describe(error) });
    port.close();
    return;
  }
  answer({ id: START_ID });
  const garbage = new ColumnGarbage();
  port.on("message", (call: LedgerCall | null) => {
    if (call) {
      answer(execute(ledger, call));
      // The window itself, and the cumulative counters of its addresses.
      if (call.method === "close") garbage.add(2 * USAGE_ROW_BYTES * rowsOf(call));
      return;
    }
    ledger[Symbol.dispose]();
    port.close();
  });
}

function execute(ledger: Ledger, { id, method, args }: LedgerCall): LedgerAnswer {
  try {
    const api: LedgerApi = ledger;
    const run = api[method].bind(ledger) as (...values: readonly unknown[]) => unknown;
    return { id, result: run(...args) };
  } catch (error) {
    return { id, error: describe(error) };
  }
}

function rowsOf({ args: [window] }: LedgerCall): number {
  return (window as WindowUsage).usage.length;
}

function describe(error: unknown): NonNullable<LedgerAnswer["error"]> {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack, expected: error instanceof LedgerError };
}

serve(workerData as LedgerOptions);

// Entry point of the ledger's thread: opens the ledger, then answers one call after another.

import { parentPort, workerData } from "node:worker_threads";
import { FinalLedgerError, LedgerError } from "../buffer/database.ts";
import { ColumnGarbage } from "../lib/column-garbage.ts";
import { USAGE_ROW_BYTES, type WindowUsage } from "../model/window.ts";
import { type CommitResult, Ledger } from "./ledger.ts";
import type { LedgerOptions } from "./ledger-options.ts";
import { type LedgerAnswer, type LedgerApi, type LedgerCall, START_ID } from "./ledger-client.ts";

type PendingRequests = ReturnType<Ledger["advance"]>;

/** A window of 40,000 addresses. */
const GARBAGE_BYTES = 6 * 1024 * 1024;

function serve(options: LedgerOptions): void {
  const port = parentPort;
  if (!port) throw new Error("ledger: this file is a thread's entry point");
  const answer = (message: LedgerAnswer): void => port.postMessage(message, transferable(message.result));
  let ledger: Ledger;
  try {
    ledger = Ledger.openOwn(options);
  } catch (error) {
    answer({ id: START_ID, error: describe(error) });
    port.close();
    return;
  }
  answer({ id: START_ID });
  const garbage = new ColumnGarbage(GARBAGE_BYTES);
  port.on("message", (call: LedgerCall | null) => {
    if (call) {
      const message = execute(ledger, call);
      const garbageBytes = garbageOf(call, message);
      answer(message);
      garbage.add(garbageBytes);
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
    return { id, error: describe(ledger.faultOf(error)) };
  }
}

/** To be asked before the answer is sent: what is transferred has no length any more. */
function garbageOf(call: LedgerCall, answer: LedgerAnswer): number {
  if (call.method === "close") return closeGarbage(call, answer);
  return call.method === "advance" ? advanceGarbage(answer) : 0;
}

/** The window itself, the cumulative counters of its addresses, and the requests that are in the outbox. */
function closeGarbage({ args: [window] }: LedgerCall, { result }: LedgerAnswer): number {
  const requestBytes = result === undefined ? 0 : (result as CommitResult).bytes;
  return 2 * USAGE_ROW_BYTES * (window as WindowUsage).usage.length + requestBytes;
}

/** What joined requests were made of, about twice their size, and themselves. */
function advanceGarbage({ result }: LedgerAnswer): number {
  const { requests } = (result ?? { requests: [] }) as Pick<PendingRequests, "requests">;
  const joined = requests.filter(({ joinedSamples }) => joinedSamples !== undefined);
  return joined.reduce((sum, { body }) => sum + 3 * body.length, 0);
}

/** The bodies of requests go to the other thread; everything else is copied, and small. */
function transferable(result: unknown): ArrayBuffer[] {
  if (typeof result !== "object" || result === null || !("requests" in result)) return [];
  const { requests } = result as PendingRequests | CommitResult;
  return typeof requests === "number" ? [] : requests.flatMap(({ body }) => ownMemory(body));
}

/** Memory that is shared with other buffers must stay. */
function ownMemory({ buffer, length }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && length === buffer.byteLength ? [buffer] : [];
}

function describe(error: unknown): NonNullable<LedgerAnswer["error"]> {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack, expected: error instanceof LedgerError, final: error instanceof FinalLedgerError };
}

serve(workerData as LedgerOptions);

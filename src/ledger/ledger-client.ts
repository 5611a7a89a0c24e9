// The ledger in a thread of its own, as promises. SQLite, encoding and compression never stop the agent's event loop.

import { Worker } from "node:worker_threads";
import type { Ledger } from "./ledger.ts";
import type { LedgerOptions } from "./ledger-options.ts";

/** The methods of Ledger that cross to its thread: plain arguments, plain results. */
export type LedgerApi = Pick<
  Ledger,
  | "configure"
  | "close"
  | "hold"
  | "settle"
  | "appendSelf"
  | "advance"
  | "park"
  | "backlog"
  | "usedBytes"
  | "fill"
  | "giveBack"
  | "opening"
  | "identity"
  | "lastWindows"
  | "eraseBefore"
  | "billingState"
>;

export interface LedgerCall {
  readonly id: number;
  readonly method: keyof LedgerApi;
  readonly args: readonly unknown[];
}

/** `expected` marks an error of the user's making (LedgerError), whose message says everything; `final` a FinalLedgerError. */
export interface LedgerAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: {
    readonly message: string;
    readonly stack: string | undefined;
    readonly expected: boolean;
    readonly final: boolean;
  };
}

/** The answer to the thread's start. */
export const START_ID = 0;

/** A ledger that could not be used, with the thread's own words. */
export class LedgerCallError extends Error {
  override readonly name = "LedgerCallError";
  readonly expected: boolean;
  /** No later try will change it. */
  readonly isFinal: boolean;

  constructor(error: NonNullable<LedgerAnswer["error"]>) {
    super(error.message);
    this.expected = error.expected;
    this.isFinal = error.final;
    if (error.stack !== undefined) this.stack = error.stack;
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class LedgerClient implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = START_ID;
  #ended: Error | null = null;

  private constructor(options: LedgerOptions) {
    this.#worker = new Worker(new URL("./ledger-thread.js", import.meta.url), {
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on("message", (answer: LedgerAnswer) => this.#settle(answer));
    this.#worker.once("error", (error) => this.#end(error));
    this.#worker.once("exit", () => this.#end(new Error("the ledger is closed")));
  }

  /** Opens the ledger. Rejects with LedgerCallError where that is impossible. */
  static async open(options: LedgerOptions): Promise<LedgerClient> {
    const client = new LedgerClient(options);
    await client.#answer(START_ID);
    return client;
  }

  /** Calls a method of the ledger, in order of the calls. Rejects with LedgerCallError where it throws. */
  call<K extends keyof LedgerApi>(method: K, ...args: Parameters<LedgerApi[K]>): Promise<ReturnType<LedgerApi[K]>> {
    const call: LedgerCall = { id: ++this.#lastId, method, args };
    const answer = this.#answer(call.id);
    this.#worker.postMessage(call);
    return answer as Promise<ReturnType<LedgerApi[K]>>;
  }

  /** Closes the ledger after the calls made so far. */
  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise((resolve) => this.#worker.once("exit", resolve));
    if (this.#ended) return;
    this.#worker.postMessage(null);
    await exited;
  }

  #answer(id: number): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle({ id, result, error }: LedgerAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new LedgerCallError(error));
    else waiting?.resolve(result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

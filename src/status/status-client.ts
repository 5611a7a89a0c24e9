// The status page's thread, seen from the agent: started at the first question, ended when nobody has asked for a while.
// Whatever becomes of it, a question is answered in a bounded time, and the next one finds a thread that works. What it
// works at is bounded too, whoever still waits for it.

import { Worker } from "node:worker_threads";
import { type Answer, textAnswer } from "../telemetry/answer.ts";
import type { Log } from "../telemetry/log.ts";
import { PAGE_POLICY } from "./page/assets.ts";
import type { Rendered, Wanted } from "./render.ts";
import { SharedAnswers } from "./shared-answers.ts";
import type { Status } from "./status.ts";
import type { UsageSettings } from "./usage-settings.ts";

export interface ThreadRequest {
  readonly kind: "request";
  readonly id: number;
  readonly wanted: Wanted;
  readonly status: Status;
}

export type ThreadMessage = ThreadRequest | { readonly kind: "settings"; readonly settings: UsageSettings };

/** One of the two. `stack`: of an error that nobody expects. */
export interface ThreadAnswer {
  readonly id: number;
  readonly rendered?: Rendered;
  readonly failure?: { readonly message: string; readonly stack: string | undefined };
}

export interface ClientLimits {
  /** For an answer. */
  readonly answerMs: number;
  /** A thread that says nothing for so long while it owes an answer is given up. */
  readonly silentMs: number;
  /** Without a question it ends. */
  readonly idleMs: number;
  /** Answers that the thread may owe. */
  readonly owed: number;
  /** How long equal questions get the same answer. */
  readonly shareMs: number;
}

export interface ClientParts {
  readonly log: Log;
  readonly limits?: Partial<ClientLimits>;
  /** The thread's program. */
  readonly program?: URL;
}

interface Question {
  readonly wanted: Wanted;
  /** `wanted` as one text. */
  readonly question: string;
  readonly status: () => Promise<Status>;
}

interface Waiting {
  readonly settle: (answer: Answer) => void;
  readonly timer: NodeJS.Timeout;
}

const DEFAULT_LIMITS: ClientLimits = {
  answerMs: 8_000,
  silentMs: 60_000,
  idleMs: 600_000,
  owed: 32,
  shareMs: 1_000,
};
const PROGRAM = new URL("./status-thread.js", import.meta.url);
/** Beyond it the thread ends, and not the agent. */
const HEAP_MIB = 256;
const MAX_SHARED = 16;

const TYPES: Readonly<Record<Rendered["type"], string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json",
  metrics: "text/plain; version=0.0.4; charset=utf-8",
  text: "text/plain; charset=utf-8",
};

export class StatusClient implements AsyncDisposable {
  readonly #log: Log;
  readonly #limits: ClientLimits;
  readonly #program: URL;
  readonly #shared: SharedAnswers<Answer>;
  readonly #waiting = new Map<number, Waiting>();
  /** What the thread works at, by id: the question, or null where an answer by changed settings differs. */
  readonly #owed = new Map<number, string | null>();
  #settings: UsageSettings;
  #worker: Worker | null = null;
  /** Until the thread is ended: for silence while it owes an answer, else for idleness. */
  #patience: NodeJS.Timeout | null = null;
  #lastId = 0;
  #isClosed = false;

  constructor(settings: UsageSettings, { log, limits, program = PROGRAM }: ClientParts) {
    this.#settings = settings;
    this.#log = log;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#program = program;
    const sharing = { maxAgeMs: this.#limits.shareMs, maxAnswers: MAX_SHARED };
    this.#shared = new SharedAnswers(sharing, ({ status }) => status === 200);
  }

  /** Whether the thread runs. */
  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Takes on a changed configuration. */
  reconfigure(settings: UsageSettings): void {
    this.#settings = settings;
    this.#shared.clear();
    for (const id of this.#owed.keys()) this.#owed.set(id, null);
    this.#post({ kind: "settings", settings });
  }

  /** Never rejects: 503 with one line where there is no answer. `status` is asked for once for all who share it. */
  ask(wanted: Wanted, status: () => Promise<Status>): Promise<Answer> {
    const question = JSON.stringify(wanted);
    return this.#shared.get(question, () =>
      this.#ask({ wanted, question, status }).catch((error: unknown) => this.#failed(error)),
    );
  }

  /** Ends the thread, whatever it is at. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#end(null);
  }

  async #ask({ wanted, question, status }: Question): Promise<Answer> {
    const now = await status();
    const refusal = this.#refusal(question);
    if (refusal !== null) return unavailable(refusal);
    this.#start();
    const id = ++this.#lastId;
    this.#owed.set(id, question);
    if (this.#owed.size === 1) this.#watch();
    const answer = new Promise<Answer>((settle) => {
      const { answerMs } = this.#limits;
      const timer = setTimeout(() => this.#settle(id, unavailable(`no answer in ${answerMs} ms`)), answerMs).unref();
      this.#waiting.set(id, { settle, timer });
    });
    this.#post({ kind: "request", id, wanted, status: now });
    return answer;
  }

  /** Why the thread is not asked; null where it is. */
  #refusal(question: string): string | null {
    if (this.#isClosed) return "the agent is stopping";
    if ([...this.#owed.values()].includes(question)) return "the answer to an earlier request is still being made";
    return this.#owed.size < this.#limits.owed ? null : "too many pages are being asked for";
  }

  #start(): void {
    if (this.#worker !== null) return;
    const worker = new Worker(this.#program, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: 16 },
    });
    this.#worker = worker;
    worker.on("message", (answer: ThreadAnswer) => worker === this.#worker && this.#answered(answer));
    worker.once("error", (error) => this.#ended(worker, error.message));
    worker.once("exit", () => this.#ended(worker, "it ended"));
    this.#post({ kind: "settings", settings: this.#settings });
  }

  #post(message: ThreadMessage): void {
    this.#worker?.postMessage(message);
  }

  /** Begins anew to wait for the thread to say something, or to be asked. */
  #watch(): void {
    if (this.#patience !== null) clearTimeout(this.#patience);
    const { silentMs, idleMs } = this.#limits;
    const [reason, delayMs] = this.#owed.size > 0 ? [`it said nothing for ${silentMs} ms`, silentMs] : [null, idleMs];
    this.#patience = setTimeout(() => void this.#end(reason), delayMs).unref();
  }

  #answered({ id, rendered, failure }: ThreadAnswer): void {
    this.#owed.delete(id);
    this.#watch();
    if (rendered !== undefined) this.#settle(id, answerOf(rendered));
    if (failure === undefined) return;
    if (failure.stack !== undefined) this.#log.error({ error: failure.message, stack: failure.stack }, "status page");
    this.#settle(id, unavailable(failure.message));
  }

  async #end(reason: string | null): Promise<void> {
    const worker = this.#worker;
    this.#ended(worker, reason);
    await worker?.terminate();
  }

  /** Answers whoever waits; `reason` is null for an end that was wanted. */
  #ended(worker: Worker | null, reason: string | null): void {
    if (worker === null || worker !== this.#worker) return;
    this.#worker = null;
    this.#owed.clear();
    if (this.#patience !== null) clearTimeout(this.#patience);
    if (reason !== null) this.#log.warn({ reason }, "the status page's thread ended: the next request starts another");
    for (const id of this.#waiting.keys()) this.#settle(id, unavailable(reason ?? "the agent is stopping"));
  }

  #settle(id: number, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    waiting?.settle(answer);
  }

  #failed(error: unknown): Answer {
    const message = error instanceof Error ? error.message : String(error);
    this.#log.error({ error: message }, "status page");
    return unavailable(message);
  }
}

function answerOf({ status, type, parts }: Rendered): Answer {
  const headers = type === "html" ? { "Content-Security-Policy": PAGE_POLICY } : {};
  return { status, type: TYPES[type], parts, headers };
}

function unavailable(reason: string): Answer {
  return textAnswer(503, `the status page cannot be shown now: ${reason.split("\n", 1)[0]}\n`, { "Retry-After": "5" });
}

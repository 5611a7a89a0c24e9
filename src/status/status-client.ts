// The status page's thread, seen from the agent: started at the first question, ended when nobody has asked for a while.
// Whatever becomes of it, a question is answered in a bounded time, and the next one finds a thread that works.

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
  /** A thread that has said nothing for so long while it was asked is given up. */
  readonly silentMs: number;
  /** Without a question it ends. */
  readonly idleMs: number;
  readonly waiting: number;
  /** How long equal questions get the same answer. */
  readonly shareMs: number;
}

export interface ClientParts {
  readonly log: Log;
  readonly limits?: Partial<ClientLimits>;
  /** The thread's program. */
  readonly program?: URL;
}

interface Waiting {
  readonly settle: (answer: Answer) => void;
  readonly timer: NodeJS.Timeout;
}

const DEFAULT_LIMITS: ClientLimits = {
  answerMs: 8_000,
  silentMs: 60_000,
  idleMs: 600_000,
  waiting: 32,
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
  #settings: UsageSettings;
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #lastId = 0;
  /** Since when the thread owes an answer and has given none; null while it owes nothing. */
  #silentSinceMs: number | null = null;
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
    this.#post({ kind: "settings", settings });
  }

  /** Never rejects: 503 with one line where there is no answer. `status` is asked for once for all who share it. */
  ask(wanted: Wanted, status: () => Promise<Status>): Promise<Answer> {
    return this.#shared.get(JSON.stringify(wanted), () =>
      this.#ask(wanted, status).catch((error: unknown) => this.#failed(error)),
    );
  }

  /** Ends the thread, whatever it is at. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#end(null);
  }

  async #ask(wanted: Wanted, status: () => Promise<Status>): Promise<Answer> {
    if (this.#waiting.size >= this.#limits.waiting) return unavailable("too many pages are being asked for");
    const now = await status();
    if (this.#isClosed) return unavailable("the agent is stopping");
    this.#start();
    if (this.#idle !== null) clearTimeout(this.#idle);
    const id = ++this.#lastId;
    this.#silentSinceMs ??= performance.now();
    const answer = new Promise<Answer>((settle) => {
      const timer = setTimeout(() => this.#late(id), this.#limits.answerMs).unref();
      this.#waiting.set(id, { settle, timer });
    });
    this.#post({ kind: "request", id, wanted, status: now });
    return answer;
  }

  #start(): void {
    if (this.#worker !== null) return;
    const worker = new Worker(this.#program, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: 16 },
    });
    this.#worker = worker;
    worker.on("message", (answer: ThreadAnswer) => this.#answered(answer));
    worker.once("error", (error) => this.#ended(worker, error.message));
    worker.once("exit", () => this.#ended(worker, "it ended"));
    this.#post({ kind: "settings", settings: this.#settings });
  }

  #post(message: ThreadMessage): void {
    this.#worker?.postMessage(message);
  }

  #stopWhenIdle(): void {
    if (this.#worker === null || this.#waiting.size > 0) return;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(null), this.#limits.idleMs).unref();
  }

  #answered({ id, rendered, failure }: ThreadAnswer): void {
    this.#silentSinceMs = this.#waiting.size > 1 ? performance.now() : null;
    if (rendered !== undefined) this.#settle(id, answerOf(rendered));
    if (failure === undefined) return;
    if (failure.stack !== undefined) this.#log.error({ error: failure.message, stack: failure.stack }, "status page");
    this.#settle(id, unavailable(failure.message));
  }

  #late(id: number): void {
    this.#settle(id, unavailable(`no answer in ${this.#limits.answerMs} ms`));
    if (performance.now() - (this.#silentSinceMs ?? Infinity) < this.#limits.silentMs) return;
    void this.#end(`it said nothing for ${this.#limits.silentMs} ms`);
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
    this.#silentSinceMs = null;
    if (this.#idle !== null) clearTimeout(this.#idle);
    if (reason !== null) this.#log.warn({ reason }, "the status page's thread ended: the next request starts another");
    for (const id of this.#waiting.keys()) this.#settle(id, unavailable(reason ?? "the agent is stopping"));
  }

  #settle(id: number, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    waiting?.settle(answer);
    this.#stopWhenIdle();
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

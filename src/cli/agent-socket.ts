// Asks a running agent over the unix socket in its state folder.

import { request, type RequestOptions } from "node:http";
import type { Status } from "../status/status.ts";
import type { UsageReport } from "../status/usage.ts";

/** What an agent answered, in which anything may be missing: it may run since before this program was installed. */
export type Answered<T> = T extends readonly (infer Row)[]
  ? readonly Answered<Row>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Answered<T[Key]> | undefined }
    : T;

/** One look at an agent; `usage` is null where it has none to tell, or not in time. */
export interface AgentAnswer {
  readonly status: Answered<Status>;
  readonly usage: Answered<UsageReport> | null;
}

const STATUS_LIMIT_MS = 5_000;
const USAGE_LIMIT_MS = 2_000;

/** Rejects with why no agent answers, or when `signal` says that nobody waits any more. */
export async function askAgent(socketPath: string, signal?: AbortSignal): Promise<AgentAnswer> {
  const [status, used] = await Promise.allSettled([
    ask({ socketPath, path: "/api/status", signal }, STATUS_LIMIT_MS),
    ask({ socketPath, path: "/api/usage", signal }, USAGE_LIMIT_MS),
  ]);
  if (status.status === "rejected") throw status.reason;
  if (!isObject(status.value)) throw new Error("it answered no status");
  const reported = used.status === "fulfilled" && isObject(used.value) ? used.value : null;
  return { status: status.value, usage: reported };
}

/** What --json prints: the agent's status as it is, with its usage. */
export function answerJson({ status, usage }: AgentAnswer): object {
  return { ...status, usage };
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function ask(at: RequestOptions, limitMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ ...at, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(parsed(body));
        else reject(new Error(`it answered ${response.statusCode}`));
      });
    });
    // Of the whole exchange: an agent that sends a byte now and then holds nobody.
    const deadline = setTimeout(() => call.destroy(new Error(`no answer in ${limitMs / 1_000} s`)), limitMs);
    call.on("close", () => clearTimeout(deadline));
    call.on("error", reject);
    call.end();
  });
}

/** Undefined for what is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // What answers is no agent, or was cut off.
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Instant queries to one Prometheus HTTP API, one after another. Raw samples come whole and in pieces of bounded size,
// or an error says why not.

import type { ConnectionOptions } from "../http/connection-options.ts";
import { HttpClient, type Posted } from "../http/http-client.ts";
import { Secrets } from "../http/secrets.ts";
import { transportFailure } from "../http/transport-failure.ts";
import { BILLING_INTERVAL_MS, type Clock, floorTo } from "../model/time.ts";
import { type ApiAnswer, type ApiSeries, readApiAnswer, type ResultType } from "./prometheus-answer.ts";
import { PrometheusError } from "./prometheus-error.ts";

export interface PrometheusClientOptions {
  /** `url` is the address without /api/v1. */
  readonly connection: ConnectionOptions;
  /** Limit of one whole exchange. Default: that of Prometheus for a query, and a little more. */
  readonly timeoutMs?: number;
  /** The largest answer that is read, in bytes; what is larger is asked for in smaller pieces. Default: 8 MiB. */
  readonly answerBytes?: number;
}

export interface PrometheusClientDependencies {
  readonly clock: Clock;
  /** The program's version, for User-Agent. */
  readonly version: string;
}

/** A part of the time, and the series in it. */
export interface Piece extends TimeRange {
  readonly series: readonly ApiSeries[];
}

export interface TimeRange {
  /** Multiples of the billing interval. */
  readonly startMs: number;
  readonly endMs: number;
}

/** A query of the samples in `[start, end)`, given as a range such as `[604800s]`. */
export type RangeQuery = (range: string) => string;

const TIMEOUT_MS = 130_000;
const ANSWER_BYTES = 8 * 2 ** 20;
const PIECE_MS = 7 * 86_400_000;

export class PrometheusClient implements AsyncDisposable {
  readonly #options: Required<PrometheusClientOptions>;
  readonly #queryUrl: string;
  readonly #secrets = new Secrets();
  readonly #http: HttpClient;

  constructor(options: PrometheusClientOptions, { clock, version }: PrometheusClientDependencies) {
    this.#options = { timeoutMs: TIMEOUT_MS, answerBytes: ANSWER_BYTES, ...options };
    const { connection, timeoutMs } = this.#options;
    this.#queryUrl = queryUrl(connection.url);
    const dependencies = { clock, userAgent: `acct-agent/${version}`, secrets: this.#secrets };
    this.#http = new HttpClient({ ...connection, timeoutMs }, dependencies);
  }

  /**
   * What `query` answers for one part of `[startMs, endMs)` after another. Throws PrometheusError. A sample's time stamp
   * is never on a multiple of the interval, so it does not matter that some engines count a range's first instant in.
   */
  async *pieces(query: RangeQuery, { startMs, endMs }: TimeRange, type: ResultType): AsyncGenerator<Piece> {
    let pieceMs = PIECE_MS;
    for (let fromMs = startMs; fromMs < endMs;) {
      const toMs = Math.min(fromMs + pieceMs, endMs);
      const answer = await this.#ask(query(`[${(toMs - fromMs) / 1000}s]`), toMs, type);
      if (answer.kind === "series") {
        yield { startMs: fromMs, endMs: toMs, series: answer.series };
        fromMs = toMs;
      } else {
        const halfMs = floorTo((toMs - fromMs) / 2, BILLING_INTERVAL_MS);
        if (answer.kind === "refused" || halfMs === 0) throw this.error(answer.problem, answer.fix);
        pieceMs = halfMs;
      }
    }
  }

  /** An error of one line that names [query] url. */
  error(problem: string, fix: string): PrometheusError {
    const { origin, pathname } = new URL(this.#options.connection.url);
    const place = `${origin}${pathname === "/" ? "" : pathname}`;
    return new PrometheusError(this.#secrets.redact(`[query] url ${place}: ${problem}; ${fix}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  async #ask(query: string, timeMs: number, type: ResultType): Promise<ApiAnswer> {
    const posted = await this.#post({
      query,
      // Whole seconds: VictoriaMetrics would cut a fraction off.
      time: String(timeMs / 1000),
      // VictoriaMetrics: no results of earlier, before a back-fill, and nothing left out because it is recent.
      nocache: "1",
      // Thanos and a VictoriaMetrics cluster: an error rather than a part.
      partial_response: "false",
      deny_partial_response: "1",
    });
    if (!posted.ok)
      return { kind: "refused", problem: posted.failure.reason, fix: "check the credentials under [query]" };
    return readApiAnswer(posted.answer, type);
  }

  async #post(form: Readonly<Record<string, string>>): Promise<Posted> {
    const { connection, timeoutMs, answerBytes } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    const body = new URLSearchParams(form).toString();
    try {
      return await this.#http.post({ url: this.#queryUrl, headers, body, answerBytes, isData: true }, signal);
    } catch (error) {
      if (signal.aborted) throw this.error(`no complete answer within ${timeoutMs / 1000} s`, "look at its load");
      const { host } = new URL(connection.url);
      throw this.error(transportFailure(error, host).reason, "check that it is right, and that the server runs");
    }
  }
}

function queryUrl(base: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/query`;
  url.hash = "";
  return url.href;
}

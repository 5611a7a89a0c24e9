// Reads an answer of the Prometheus HTTP API (prometheus.io/docs/prometheus/latest/querying/api). Only a whole answer
// counts: what is cut off, partial, or comes with a warning may lack samples.

import { type Answer, header, oneLine } from "../http/answer.ts";
import type { Labels } from "../model/network.ts";

/** A series and its raw samples (of a matrix), or the one of a vector. */
export interface ApiSeries {
  /** Without the metric's name. */
  readonly labels: Labels;
  /** Seconds since the epoch, and decimal text. */
  readonly samples: readonly (readonly [seconds: number, value: string])[];
}

export type ApiAnswer =
  | { readonly kind: "series"; readonly series: readonly ApiSeries[] }
  /** A smaller piece may do. */
  | { readonly kind: "too_large"; readonly problem: string; readonly fix: string }
  | { readonly kind: "refused"; readonly problem: string; readonly fix: string };

/** What an instant query answers to a range selector, and to anything else here. */
export type ResultType = "matrix" | "vector";

const BEGIN_CHARACTERS = 80;
const END_CHARACTERS = 200;
const AGAIN = "try again when the server is well";
const BASE = "set it to the address of a Prometheus HTTP API, without /api/v1";

/** `isCut`: longer than what was read. */
export function readApiAnswer(answer: Answer & { readonly isCut: boolean }, expected: ResultType): ApiAnswer {
  const { status, body, isCut } = answer;
  if (status >= 300 && status <= 399) return redirected(answer);
  if (isCut && status === 200) return tooLarge(`answers more than ${body.length} characters`);
  const parsed = parse(body);
  if (status === 401 || status === 403) return forbidden(answer, parsed);
  if (parsed === null) return unreadable(answer);
  if (status !== 200 || parsed["status"] !== "success") return apiError(status, parsed);
  return incomplete(parsed) ?? seriesOf(parsed["data"], expected);
}

function refused(problem: string, fix: string): ApiAnswer {
  return { kind: "refused", problem, fix };
}

function tooLarge(problem: string): ApiAnswer {
  return { kind: "too_large", problem, fix: "raise the limits of the server, or of what stands before it" };
}

function redirected({ status, headers }: Answer): ApiAnswer {
  const [to = ""] = (header(headers, "location") ?? "").split(/[?#]/);
  const where = to === "" ? "" : ` to ${oneLine(to)}`;
  return refused(`answers HTTP ${status}, a redirect${where}`, "set it to the address behind the redirect");
}

function forbidden({ status, body }: Answer, parsed: Fields | null): ApiAnswer {
  const words = parsed?.["error"];
  const problem = `answers HTTP ${status}${quote(typeof words === "string" ? words : body)}`;
  return refused(problem, "check the credentials under [query]");
}

/** Not JSON. */
function unreadable({ status, headers, body }: Answer): ApiAnswer {
  if (status === 404 || status === 405 || status === 400) return refused(`answers HTTP ${status}${quote(body)}`, BASE);
  if (status !== 200) return refused(`answers HTTP ${status}${quote(body)}`, AGAIN);
  if (body.trimStart().startsWith("{")) return tooLarge("answers JSON that is cut off in the middle");
  const type = oneLine(header(headers, "content-type") ?? "no content type");
  return refused(`answers something that is not JSON (${type})`, BASE);
}

/** VictoriaMetrics and Mimir, as Prometheus, answer 422 where a query exceeds a limit. */
function apiError(status: number, { error }: Fields): ApiAnswer {
  const problem = `answers HTTP ${status}${quote(typeof error === "string" ? error : "")}`;
  if (status === 422) return tooLarge(problem);
  return status === 400 ? refused(problem, BASE) : refused(problem, AGAIN);
}

/** Thanos and Mimir warn of what they could not reach; a VictoriaMetrics cluster marks it. */
function incomplete({ warnings, isPartial }: Fields): ApiAnswer | null {
  if (isPartial === true) return refused("answers a part of the data (isPartial)", AGAIN);
  if (!Array.isArray(warnings) || warnings.length === 0) return null;
  return refused(`answers with the warning${quote(String(warnings[0]))}`, "mend that, since samples may be missing");
}

function seriesOf(data: unknown, expected: ResultType): ApiAnswer {
  const { resultType, result } = fieldsOf(data) ?? {};
  const series = resultType === expected && Array.isArray(result) ? result.map(apiSeries) : [null];
  const known = series.filter((one) => one !== null);
  return known.length === series.length
    ? { kind: "series", series: known }
    : refused(`answers something that is no ${expected} of float samples`, BASE);
}

function apiSeries(result: unknown): ApiSeries | null {
  const { metric, value, values = [value] } = fieldsOf(result) ?? {};
  const { __name__: _, ...labels } = fieldsOf(metric) ?? {};
  if (!isLabels(labels) || !Array.isArray(values) || !values.every(isSample)) return null;
  return { labels, samples: values };
}

function isLabels(labels: Fields): labels is Record<string, string> {
  return Object.values(labels).every((value) => typeof value === "string");
}

function isSample(pair: unknown): pair is readonly [number, string] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "number" && typeof pair[1] === "string";
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function parse(body: string): Fields | null {
  try {
    return fieldsOf(JSON.parse(body));
  } catch {
    // What is not JSON is no answer of the API.
    return null;
  }
}

/** VictoriaMetrics tells the cause last, after the whole query. */
function quote(words: string): string {
  const text = words.replace(/\s+/g, " ").trim();
  const isLong = text.length > BEGIN_CHARACTERS + END_CHARACTERS;
  const short = isLong ? `${text.slice(0, BEGIN_CHARACTERS)} ... ${text.slice(-END_CHARACTERS)}` : text;
  return short === "" ? "" : ` (${short})`;
}

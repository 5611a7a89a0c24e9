// JSON with integers as exact as they are written: those beyond 2^53 become bigint, where JSON.parse would round them.

export type ExactJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/** What a string begins with that stands for an integer while JSON.parse runs. */
const MARK = "\u0000exact integer ";
/** Strings, so that what looks like a number in one is left alone, and numbers. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;

/** Throws SyntaxError where `text` is no JSON. */
export function parseExactJson(text: string): ExactJson {
  const marked = text.replace(TOKENS, (token) => (isUnsafe(token) ? JSON.stringify(MARK + token) : token));
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/** Whether two values are equal, whatever the order of their keys. */
export function equalJson(a: ExactJson | undefined, b: ExactJson | undefined): boolean {
  return jsonLine(a) === jsonLine(b);
}

/** A value on one line, to be read by people. */
export function jsonLine(value: ExactJson | undefined): string {
  return value === undefined ? "missing" : canonical(value);
}

function canonical(value: ExactJson): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(",")}}`;
}

/** Array.isArray does not know readonly arrays. */
function isArray(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}

function isUnsafe(token: string): boolean {
  return INTEGER.test(token) && !Number.isSafeInteger(Number(token));
}

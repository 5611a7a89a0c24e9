// One line for each problem: file, key path, value, what is wrong and the fix. What may be a secret is not shown.

import { type Path, type Table, valueAt } from "./document.ts";

export interface Problem {
  readonly path: Path;
  /** What is wrong and the fix, lower case, after `file: key = value: `. */
  readonly text: string;
  /** Leaves the value out where it says nothing or may be a secret. */
  readonly hideValue?: true;
}

const LONGEST_VALUE = 80;
/** Keys in whose URL credentials may stand. */
const URL_KEYS: ReadonlySet<string | number | undefined> = new Set(["url", "proxy_url", "token_url"]);
/** Tables with secrets in them, or in which one is easily written by mistake. */
const PRIVATE_TABLES: ReadonlySet<string | number> = new Set(["headers", "basic_auth", "authorization", "oauth2"]);

export function problemLine(file: string, document: Table, problem: Problem): string {
  const value = problem.hideValue === true || isPrivate(problem.path) ? undefined : valueAt(document, problem.path);
  const shown = value === undefined ? "" : ` = ${showValue(problem.path.at(-1), value)}`;
  return oneLine(`${file}: ${formatPath(problem.path)}${shown}: ${problem.text}`);
}

/** Escapes what could break the line or drive a terminal; JSON.stringify leaves C1 and line separators as they are. */
export function oneLine(text: string): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, escape);
}

/** `network[1].labels."a b"`, as TOML would write the keys. */
export function formatPath(path: Path): string {
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${formatKey(step)}`));
  return steps.join("").replace(/^\./, "");
}

export function formatKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

function showValue(key: string | number | undefined, value: unknown): string {
  const text = JSON.stringify(URL_KEYS.has(key) ? withoutCredentials(value) : value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}

function withoutCredentials(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/^([a-z]+:\/\/)?.*@/is, "$1***@") : value;
}

/** Headers and whatever stands in an authentication table, but for the names of files and TLS settings. */
function isPrivate(path: Path): boolean {
  const open = path.includes("tls_config") || String(path.at(-1)).endsWith("_file");
  return path.some((step) => PRIVATE_TABLES.has(step)) && !open;
}

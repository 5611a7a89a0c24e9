// What the program logs at warn and error, read out of its source: the literal, constant or template that is the last
// argument of a log call. A call that cannot be read so is an error, so that none goes unseen.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A message, or the beginning of one whose rest is known only when it is logged. */
export interface LogMessage {
  readonly file: string;
  readonly text: string;
  readonly isWhole: boolean;
}

/** `log.warn(`, `#log.error(`, and `log[condition ? "info" : "error"](`. */
const CALL = /(?:\b|#)log(?:\.(?:warn|error)|\[[^\]]*"(?:warn|error)"[^\]]*\])\(/gi;
const LITERAL = /^(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)$/s;

/** All messages of `folder` and the folders in it. Throws where a call's message cannot be read. */
export function logMessages(folder: string): readonly LogMessage[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return files.flatMap((name) => messagesOf(join(folder, name)));
}

function messagesOf(file: string): LogMessage[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(CALL)].flatMap((call) => {
    const expression = lastArgument(source, call.index + call[0].length);
    return literals(source, expression, file).map((literal) => ({ file, ...messageOf(literal, source) }));
  });
}

/** The literals that an expression can be: itself, a constant of the file, or what is passed for a parameter. */
function literals(source: string, expression: string, file: string): readonly string[] {
  if (LITERAL.test(expression)) return [expression];
  const constant = constantOf(source, expression);
  if (constant !== null) return [constant];
  const given = /^\w+$/.test(expression)
    ? [...source.matchAll(/\(\w+, ("[^"]+")\)/g)].map(([, text = ""]) => text)
    : [];
  const fallback = new RegExp(`\\b${expression}(?:: string)? = ("[^"]+")`).exec(source)?.[1];
  const found = fallback === undefined ? [] : [fallback, ...given];
  if (found.length === 0) throw new Error(`${file}: what ${expression} logs cannot be read here`);
  return found;
}

function constantOf(source: string, name: string): string | null {
  if (!/^\w+$/.test(name)) return null;
  return new RegExp(`const ${name} =\\s*("(?:[^"\\\\]|\\\\.)*"|\`[^\`]*\`);`, "s").exec(source)?.[1] ?? null;
}

/** Placeholders that are constants of the file are put in; what follows any other is not known. */
function messageOf(literal: string, source: string): { readonly text: string; readonly isWhole: boolean } {
  const [, plain, template] = LITERAL.exec(literal) ?? [];
  if (plain !== undefined) return { text: plain, isWhole: true };
  const known = (template ?? "").replaceAll(/\$\{(\w+)\}/g, (all, name: string) => {
    const constant = constantOf(source, name);
    return constant === null ? all : constant.slice(1, -1);
  });
  const unknownFrom = known.indexOf("${");
  return unknownFrom < 0 ? { text: known, isWhole: true } : { text: known.slice(0, unknownFrom), isWhole: false };
}

/** The text of the last argument of the call whose arguments begin at `from`. */
function lastArgument(source: string, from: number): string {
  let [depth, start, at] = [0, from, from];
  let last = "";
  for (; depth >= 0; at++) {
    const character = source[at] ?? "";
    if (character === "") throw new Error("a call has no end");
    if (character === '"' || character === "`") at = endOfText(source, at);
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    if ((character === "," && depth === 0) || depth < 0) {
      const argument = source.slice(start, at).trim();
      if (argument !== "") last = argument;
      start = at + 1;
    }
  }
  return last;
}

function endOfText(source: string, from: number): number {
  let at = from + 1;
  while (source[at] !== source[from]) at += source[at] === "\\" ? 2 : 1;
  return at;
}

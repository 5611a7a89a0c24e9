// The configuration file as parsed TOML, before any validation. The accessors tolerate every shape, so that rules
// over several keys can be checked in a document that has other problems.

import { readFileSync } from "node:fs";

import { parse, TomlError } from "smol-toml";

import type { Parsed } from "../model/prefix.ts";
import { isTable } from "./fields.ts";

export type Path = readonly (string | number)[];
export type Table = Readonly<Record<string, unknown>>;

/** Reads and parses `file`; the problem of one that cannot be read or is not TOML names its line and column. */
export function readDocument(file: string): Parsed<Table> {
  const text = readUtf8(file);
  if (!text.ok) return text;
  try {
    return { ok: true, value: parse(text.value) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The message goes on with a code block, which could show a secret.
    const reason = (error.message.split("\n", 1)[0] ?? "").replace(/^Invalid TOML document: /, "");
    return {
      ok: false,
      problem: `line ${error.line}, column ${error.column}: is not TOML: ${reason}; correct this line`,
    };
  }
}

export function valueAt(document: Table, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isTable(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, document);
}

export function tableAt(document: Table, path: Path): Table {
  const value = valueAt(document, path);
  return isTable(value) ? value : {};
}

/** The entries of a list with their paths; none where there is no list. */
export function entriesAt(document: Table, path: Path): { readonly path: Path; readonly value: unknown }[] {
  const list = valueAt(document, path);
  return Array.isArray(list) ? list.map((value, index) => ({ path: [...path, index], value })) : [];
}

function readUtf8(file: string): Parsed<string> {
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    return { ok: false, problem: `cannot be read (${reasonOf(error)}); give a readable UTF-8 file with --config` };
  }
}

/** The short reason of a failed file operation, such as `no such file`. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "no such file",
    EACCES: "permission denied",
    EISDIR: "is a folder",
    ENOTDIR: "a part of its path is not a folder",
    ERR_ENCODING_INVALID_ENCODED_DATA: "is not UTF-8",
  };
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

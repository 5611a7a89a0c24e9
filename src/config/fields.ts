// Schema parts for single keys: text read into a value, tables, dates, and the documentation that each key carries.

import { TomlDate } from "smol-toml";
import { z } from "zod";

import type { ReadEntry } from "./tables.ts";
import type { Read } from "./values.ts";

/** What the example file and the reference say about a key. `example` is a TOML literal. */
export interface KeyDoc {
  readonly type: string;
  readonly description: string;
  readonly example: string;
  /** Where the default cannot be shown as a value. */
  readonly fallback?: string;
  /** Stands commented out in the example file. */
  readonly commented?: true;
}

export interface SectionDoc {
  readonly description: string;
  readonly commented?: true;
}

export const keyDocs = z.registry<KeyDoc>();
export const sectionDocs = z.registry<SectionDoc>();

/** A text key that `read` turns into its value. */
export function parsed<T>(read: Read<T>) {
  return z.string().transform((text, context): T => {
    const result = read(text);
    if (result.ok) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

/** A number, or the same as text, that `read` turns into its value. */
export function parsedNumber<T>(read: Read<T>) {
  const isNumber = (value: unknown): boolean => typeof value === "number" || typeof value === "string";
  return z.custom<number | string>(isNumber, NOT_A_NUMBER).transform((value, context): T => {
    const result = read(String(value));
    if (result.ok) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number) {
  return z.number().superRefine((value, context) => {
    const nearest = Math.min(max, Math.max(min, Math.round(value)));
    if (value === nearest) return;
    context.addIssue({ code: "custom", message: `must be a whole number from ${min} to ${max}; write ${nearest}` });
  });
}

/** A table with names that the user chooses; every entry is checked, and all problems are reported. */
export function openTable(read: ReadEntry) {
  return z.custom<Readonly<Record<string, unknown>>>(isTable, NOT_A_TABLE).transform((table, context) => {
    const entries = Object.entries(table).map(([name, value]): [string, string] => {
      const result = read(name, value);
      if (result.ok) return [name, result.value];
      context.addIssue({ code: "custom", path: [name], message: result.problem });
      return [name, ""];
    });
    return Object.fromEntries(entries);
  });
}

/** A TOML local date, as `YYYY-MM-DD`. */
export function localDate() {
  const isLocalDate = (value: unknown): boolean => value instanceof TomlDate && value.isDate();
  return z.custom<TomlDate>(isLocalDate, NOT_A_DATE).transform((date) => date.toISOString());
}

/** Whether a value of a TOML document is a table. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const NOT_A_TABLE = 'is not a table; write e.g. { site = "fra" }';
const NOT_A_NUMBER = "is not a number; write e.g. 95";
const NOT_A_DATE = "is not a date; write year, month and day without quotes, e.g. 2026-10-16";

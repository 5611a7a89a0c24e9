// What the files of a stored bill are called: safe in every folder, whatever a customer is called, and of one bill only.

import { createHash } from "node:crypto";

export interface NamedBill {
  readonly customer: string;
  readonly name: string | null;
  readonly period: string;
  readonly part: number;
  readonly version: number;
}

const LONGEST_TEXT = 60;
const HASH_DIGITS = 16;
const SAFE = /^[A-Za-z0-9.-]+$/;

/**
 * `2026-10_acmecorp_v1` or `2026-10_acmecorp_transit_v1`; what cannot stand in a name is `-`, and then 16 hexadecimal
 * digits of a digest keep two such names apart. A second contract of that name in the month has its number: `~2`.
 */
export function billFileName({ customer, name, period, part, version }: NamedBill): string {
  const texts = name === null ? [customer] : [customer, name];
  const number = part > 1 ? `~${part}` : "";
  return `${[period, ...texts.map(safeText)].join("_")}${number}_v${version}`;
}

/** `_` and `~` are in no text that is taken as it is, so parts cannot run into each other. */
function safeText(text: string): string {
  if (SAFE.test(text) && text.length <= LONGEST_TEXT) return text;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
  return `${text.replaceAll(/[^A-Za-z0-9.-]+/g, "-").slice(0, LONGEST_TEXT)}~${digest}`;
}

// Dead letters as a table and as JSON. A receiver's words go to a terminal, so what could steer it is made harmless.

import type { DeadLetter } from "../buffer/dead-letters.ts";
import { harmless } from "../lib/harmless-text.ts";
import { renderTable } from "./table.ts";

const WORDS_CHARACTERS = 200;
const HEADER = ["ENDPOINT", "REFUSED", "SERIES", "VALUE", "TIMESTAMP", "CODE", "WORDS"];

export function letterTable(letters: readonly DeadLetter[]): string {
  const rows = letters.map((letter) => [
    harmless(letter.endpoint),
    iso(letter.refusedMs),
    harmless(letter.series),
    letter.value,
    iso(letter.timestampMs),
    String(letter.code),
    harmless(letter.words.replace(/\s+/g, " ").trim().slice(0, WORDS_CHARACTERS)),
  ]);
  return renderTable(HEADER, rows);
}

/** Times are ISO 8601 UTC; `words` is the first KiB of what the receiver said. */
export function letterJson(letter: DeadLetter): Readonly<Record<string, unknown>> {
  return {
    endpoint: letter.endpoint,
    refused: iso(letter.refusedMs),
    series: letter.series,
    value: letter.value,
    timestamp: iso(letter.timestampMs),
    timestamp_ms: letter.timestampMs,
    code: letter.code,
    words: letter.words,
    request: letter.requestId,
    window_end: iso(letter.windowEndMs),
    kind: letter.kind,
  };
}

/** A time that no calendar has is shown in milliseconds. */
function iso(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? `${timeMs} ms` : date.toISOString();
}

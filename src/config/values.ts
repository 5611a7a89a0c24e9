// How one text value of the configuration is read: each function returns what the text means, or one lower-case
// sentence that says what is wrong and the fix. Nothing here knows keys, files or other values.

import { Cron } from "croner";

import { formatBytes, formatDuration, parseBytes, parseDuration } from "../lib/units.ts";
import { isCurrency, isPrice, isTimeZone, parseMbps, parsePercentile, PRICE_SCALE } from "../model/contract-values.ts";
import type { Parsed } from "../model/prefix.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";

export type Read<T> = (text: string) => Parsed<T>;

export const accept = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const refuse = (problem: string): { ok: false; problem: string } => ({ ok: false, problem });

const CONTROL_CHARACTER = /\p{Cc}/u;
/** RFC 9110 section 5.6.2, the characters of header names and authentication schemes. */
export const HTTP_TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Any text but the empty one. */
export function readText(text: string): Parsed<string> {
  return text === "" ? refuse("is empty; write at least one character") : accept(text);
}

export function readName(text: string): Parsed<string> {
  if (CONTROL_CHARACTER.test(text)) return refuse("has a control character; remove it");
  return readText(text);
}

/** A name that the kernel's dev_valid_name() accepts: at most 15 bytes (IFNAMSIZ 16 with its final zero). */
export function readInterfaceName(text: string): Parsed<string> {
  const fits = Buffer.byteLength(text) <= 15 && text !== "." && text !== "..";
  if (fits && /^[^\s/:\p{Cc}]+$/u.test(text)) return accept(text);
  return refuse('is not an interface name; write 1 to 15 characters without "/", ":" and white space, e.g. "eth0"');
}

export function readOneOf<const T extends string>(choices: readonly T[]): Read<T> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    return choice === undefined ? refuse(`is not one of ${choices.join(", ")}; write one of them`) : accept(choice);
  };
}

/** Bounds and result in milliseconds, both bounds included. */
export function readDuration(minMs: number, maxMs = Infinity): Read<number> {
  return (text) => {
    const durationMs = parseDuration(text);
    if (durationMs === null)
      return refuse('is not a duration; write a whole number and ms, s, m, h, d or w, e.g. "30s"');
    return within(durationMs, [minMs, maxMs], formatDuration);
  };
}

/** Bounds and result in bytes, both bounds included. */
export function readByteSize(minBytes: number, maxBytes = Infinity): Read<number> {
  return (text) => {
    const bytes = parseBytes(text);
    if (bytes === null)
      return refuse('is not a byte size; write a whole number and B, KiB, MiB, GiB, KB, MB or GB, e.g. "64MiB"');
    return within(bytes, [minBytes, maxBytes], formatBytes);
  };
}

/** Milliseconds of a window, which must divide the billing interval. */
export function readWindow(text: string): Parsed<number> {
  const window = readDuration(5000, BILLING_INTERVAL_MS)(text);
  if (!window.ok || BILLING_INTERVAL_MS % window.value === 0) return window;
  const nearest = nearestWindowSeconds(window.value / 1000);
  return refuse(`does not divide the billing interval of ${BILLING_INTERVAL_MS / 1000}s; write "${nearest}s"`);
}

/** A cron pattern of exactly six fields, seconds first, that has a next run. */
export function readSchedule(text: string): Parsed<string> {
  try {
    const next = new Cron(text, { mode: "6-part", timezone: "UTC", paused: true }).nextRun();
    if (next === null) return refuse('never runs; write e.g. "*/15 * * * * *"');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: |\.$/g, "") : String(error);
    return refuse(`is not a cron pattern of six fields, seconds first (${reason}); write e.g. "*/15 * * * * *"`);
  }
  return accept(text);
}

/** An IANA time zone in its usual spelling: it becomes a label, where case matters. */
export function readTimeZone(text: string): Parsed<string> {
  if (!isTimeZone(text)) return refuse('is not an IANA time zone; write e.g. "Europe/Berlin"');
  const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions();
  return accept(timeZone.toLowerCase() === text.toLowerCase() ? timeZone : text);
}

/** Bits per second of a decimal number of Mbps (10^6), exact to the bit. */
export function readMbps(text: string): Parsed<number> {
  const bps = parseMbps(text);
  if (bps !== null) return accept(bps);
  return refuse('is not a decimal number of Mbps; write at most six digits after the point, e.g. "12.5"');
}

/** Per mille of a percentile. */
export function readPercentile(text: string): Parsed<number> {
  const perMille = parsePercentile(text);
  if (perMille !== null) return accept(perMille);
  return refuse("is not a percentile; write a number above 0 and up to 100 with at most one digit after the point");
}

/** An amount of money, as written. */
export function readPrice(text: string): Parsed<string> {
  if (isPrice(text)) return accept(text);
  return refuse(`is not an amount of money; write at most ${PRICE_SCALE} digits after the point, e.g. "2.50"`);
}

export function readCurrency(text: string): Parsed<string> {
  return isCurrency(text) ? accept(text) : refuse('is not a currency of ISO 4217; write e.g. "EUR"');
}

function within(
  value: number,
  [min, max]: readonly [number, number],
  format: (value: number) => string,
): Parsed<number> {
  if (value >= min && value <= max) return accept(value);
  const limit = max === Infinity ? `at least ${format(min)}` : `from ${format(min)} to ${format(max)}`;
  return refuse(`must be ${limit}; write "${format(value < min ? min : max)}"`);
}

function nearestWindowSeconds(seconds: number): number {
  const interval = BILLING_INTERVAL_MS / 1000;
  const divisors = Array.from({ length: interval }, (_, index) => index + 1).filter(
    (size) => size >= 5 && interval % size === 0,
  );
  return divisors.reduce((best, size) => (Math.abs(size - seconds) < Math.abs(best - seconds) ? size : best), interval);
}

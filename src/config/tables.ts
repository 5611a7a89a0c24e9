// Tables of the configuration whose keys the user chooses: labels and request headers.

import type { Parsed } from "../model/prefix.ts";
import { accept, HTTP_TOKEN, type Read, refuse } from "./values.ts";

/** Label names that the agent or Prometheus sets itself; `__*` is reserved too. */
export const RESERVED_LABELS: readonly string[] =
  "ip direction interface network instance job period time_zone le quantile endpoint which".split(" ");

/**
 * Request headers that the agent sets itself or that belong to the connection: Prometheus' list (prometheus/prometheus,
 * config/config.go, and prometheus/common, config/headers.go), and below it those that undici and we add.
 */
export const RESERVED_HEADERS: readonly string[] = (
  "authorization host content-encoding content-length content-type user-agent connection keep-alive " +
  "proxy-authenticate proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version " +
  "x-prometheus-remote-read-version x-prometheus-scrape-timeout-seconds x-amz-date x-amz-security-token " +
  "x-amz-content-sha256 " +
  "retry-attempt transfer-encoding expect upgrade te trailer proxy-connection"
).split(" ");

/** What to use instead of a header that is set by other keys. */
const INSTEAD_OF_HEADER: ReadonlyMap<string, string> = new Map([
  ["authorization", "authorization, basic_auth or oauth2"],
  ["proxy-authorization", "user and password in proxy_url"],
]);

/** Reads one entry of such a table: the problem of its name or its value, or the value. */
export type ReadEntry = (name: string, value: unknown) => Parsed<string>;

export const readLabel: ReadEntry = (name, value) => {
  const named = readLabelName(name);
  if (!named.ok) return named;
  if (typeof value !== "string") return refuse('is not text; write the label\'s value in quotes, e.g. "acmecorp"');
  return value === "" ? refuse("is an empty label value; write a value or remove the label") : accept(value);
};

export const readHeader: ReadEntry = (name, value) => {
  if (!HTTP_TOKEN.test(name)) return refuse("is not a header name; use letters, digits and -");
  const instead = INSTEAD_OF_HEADER.get(name.toLowerCase());
  if (instead !== undefined) return refuse(`is a reserved header; use ${instead}`);
  if (RESERVED_HEADERS.includes(name.toLowerCase()))
    return refuse("is a reserved header that the agent sets; remove it");
  if (typeof value !== "string") return refuse('is not text; write the header\'s value in quotes, e.g. "fra"');
  return /^[\t\x20-\x7e]*$/.test(value) ? accept(value) : refuse("has a character that no header may have; use ASCII");
};

/** A parameter of a token request. */
export const readParameter: ReadEntry = (name, value) => {
  if (name === "" || name === "client_secret") return refuse("is no parameter of its own; use client_secret_file");
  return typeof value === "string"
    ? accept(value)
    : refuse('is not text; write the value in quotes, e.g. "prometheus"');
};

const readLabelName: Read<string> = (name) => {
  if (name.startsWith("__")) return refuse("is a reserved label name; use one that does not start with __");
  if (RESERVED_LABELS.includes(name)) return refuse(`is a reserved label name; use another, e.g. custom_${name}`);
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return accept(name);
  return refuse("is not a label name; use letters, digits and _, and no digit in front");
};

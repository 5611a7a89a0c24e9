// Tables of the configuration whose keys the user chooses: labels and request headers.

import type { Parsed } from "../model/prefix.ts";
import { accept, HTTP_TOKEN, type Read, refuse } from "./values.ts";

/** Label names that the agent or Prometheus sets itself; `__*` is reserved too. */
export const RESERVED_LABELS: readonly string[] =
  "ip direction interface network instance job period time_zone le quantile endpoint which".split(" ");

/** Request headers that the agent sets itself or that belong to the connection. */
export const RESERVED_HEADERS: readonly string[] = (
  "content-encoding content-type host x-prometheus-remote-write-version user-agent authorization retry-attempt " +
  "content-length connection transfer-encoding"
).split(" ");

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
  if (name.toLowerCase() === "authorization") return refuse("is a reserved header; use authorization or basic_auth");
  if (RESERVED_HEADERS.includes(name.toLowerCase()))
    return refuse("is a reserved header that the agent sets; remove it");
  if (typeof value !== "string") return refuse('is not text; write the header\'s value in quotes, e.g. "fra"');
  return /^[\t\x20-\x7e]*$/.test(value) ? accept(value) : refuse("has a character that no header may have; use ASCII");
};

const readLabelName: Read<string> = (name) => {
  if (name.startsWith("__")) return refuse("is a reserved label name; use one that does not start with __");
  if (RESERVED_LABELS.includes(name)) return refuse(`is a reserved label name; use another, e.g. custom_${name}`);
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return accept(name);
  return refuse("is not a label name; use letters, digits and _, and no digit in front");
};

// Walks the schema: to the key of a path, for messages, and over the keys of a section, for the generated files.

import { z } from "zod";

import type { Path } from "./document.ts";
import { type KeyDoc, keyDocs, type SectionDoc, sectionDocs } from "./fields.ts";

/** A key of a section: a documented single key, or a section of its own (`list` where it is an array of tables). */
export interface SchemaKey {
  readonly name: string;
  readonly schema: z.core.$ZodType;
  readonly required: boolean;
  readonly doc: KeyDoc | undefined;
  readonly section: SectionDoc | undefined;
  readonly list: boolean;
}

/** The keys of a table's schema in their order; empty for what is no table. */
export function keysOf(schema: z.core.$ZodType): SchemaKey[] {
  const table = elementOf(bare(schema));
  if (!(table instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = table.shape;
  return Object.entries(shape).map(([name, key]) => ({
    name,
    schema: key,
    required: bare(key) === key,
    doc: keyDocs.get(key),
    section: sectionDocs.get(key),
    list: bare(key) instanceof z.ZodArray,
  }));
}

/** The key that a path ends at; undefined for an unknown key, a list's element and an entry of an open table. */
export function keyAt(root: z.core.$ZodType, path: Path): SchemaKey | undefined {
  let key: SchemaKey | undefined;
  for (const [index, step] of path.entries()) {
    if (typeof step === "number") {
      if (index === path.length - 1) return undefined;
      continue;
    }
    key = keysOf(index === 0 ? root : (key?.schema ?? z.never())).find((candidate) => candidate.name === step);
    if (key === undefined) return undefined;
  }
  return key;
}

/** The keys that a table at `path` may have. */
export function namesAt(root: z.core.$ZodType, path: Path): string[] {
  const names = path.filter((step) => typeof step === "string");
  return keysOf(keyAt(root, names)?.schema ?? (names.length === 0 ? root : z.never())).map((key) => key.name);
}

/** The default as a value; undefined where there is none. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema;
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodArray ? schema.element : schema;
}

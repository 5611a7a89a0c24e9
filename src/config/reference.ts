// Writes agent.toml.example and docs/configuration.md from the schema. Pure: text out, no files.

import type { z } from "zod";

import { schema } from "./schema.ts";
import { RESERVED_HEADERS, RESERVED_LABELS } from "./tables.ts";
import { defaultOf, keysOf, type SchemaKey } from "./schema-walk.ts";

interface Section {
  /** With brackets: `[agent]`, `[[network]]`, `[remote_write.tls_config]`. */
  readonly title: string;
  readonly depth: number;
  readonly key: SchemaKey;
  readonly keys: readonly SchemaKey[];
}

const EXAMPLE_INTRO = `# Configuration of acct-agent. Every key is here; docs/configuration.md explains them.
# A key that is left out has its default. Durations: 500ms, 30s, 5m, 1h, 100d, 2w. Byte sizes: 512KiB, 64MiB, 2GiB, 1GB.
`;

const codeList = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

const REFERENCE_INTRO = `<!-- Generated from src/config/schema.ts by scripts/generate.ts. Do not edit. -->
# Configuration

One TOML file, given with \`--config\`. \`acct-agent check --config agent.toml\` reports all of its problems at once, one line
each, with the key, the value and the fix. Unknown keys are problems. \`agent.toml.example\` shows every key.

Every section may be missing. An empty file accounts the addresses of the default route's interface in windows of 60
seconds and keeps them in the ledger for 100 days; to have them delivered, one section is enough:

\`\`\`toml
[[remote_write]]
name = "central"
url = "https://prometheus.example.net/api/v1/write"
\`\`\`

- A duration is a whole number and one of \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\`: \`"30s"\`, \`"100d"\`.
- A byte size is a whole number and one of \`B\`, \`KB\`, \`MB\`, \`GB\`, \`TB\` (powers of 1000), \`KiB\`, \`MiB\`, \`GiB\`, \`TiB\` (powers of 1024): \`"64MiB"\`.
- Label names match \`[a-zA-Z_][a-zA-Z0-9_]*\`. Reserved: \`__*\`, ${codeList(RESERVED_LABELS)}.
  A label is either in \`external_labels\` or in a network's \`labels\`.
- Request headers that the agent sets itself are refused: ${codeList(RESERVED_HEADERS)}.
- Secrets are in files of their own, which must be readable when the configuration is loaded. Their paths, like \`state_dir\`,
  are relative to the folder of the configuration file. A proxy's password alone stands in \`proxy_url\`, as in Prometheus:
  then let nobody else read the configuration file.
- The same prefix must not be listed twice; a range counts as the fewest prefixes that cover it. Nested prefixes are fine.
`;

/** The complete example file; what is not commented out in it is valid on any host. */
export function renderExample(): string {
  return `${EXAMPLE_INTRO}${sectionsOf(schema).map(exampleSection).join("")}`;
}

/** The reference of all keys, as Markdown. */
export function renderReference(): string {
  const described = new Map<z.core.$ZodType, string>();
  return `${REFERENCE_INTRO}${sectionsOf(schema)
    .map((section) => referenceSection(section, described))
    .join("")}`;
}

/** All sections in the order of the schema, each before the sections inside it. */
function sectionsOf(root: z.core.$ZodType, parent = "", depth = 0): Section[] {
  const sections = keysOf(root).filter((key) => key.section !== undefined);
  return sections.flatMap((key) => {
    const name = `${parent}${key.name}`;
    const keys = keysOf(key.schema).filter((inner) => inner.doc !== undefined);
    const section: Section = { title: key.list ? `[[${name}]]` : `[${name}]`, depth, key, keys };
    return [section].concat(sectionsOf(key.schema, `${name}.`, depth + 1));
  });
}

function exampleSection({ title, key, keys }: Section): string {
  const out = key.section?.commented === true ? "# " : "";
  const lines = keys.map((inner) => exampleKey(inner, out));
  return `\n# ${key.section?.description ?? ""}\n${out}${title}\n${lines.join("")}`;
}

function exampleKey(key: SchemaKey, sectionOut: string): string {
  const out = sectionOut === "" && key.doc?.commented === true ? "# " : sectionOut;
  return `# ${key.doc?.description ?? ""} ${defaultSentence(key)}\n${out}${key.name} = ${key.doc?.example ?? ""}\n`;
}

function defaultSentence(key: SchemaKey): string {
  if (key.required) return "Required.";
  const value = defaultText(key);
  return value === null ? "Optional." : `Default: ${value}.`;
}

function referenceSection({ title, depth, key, keys }: Section, described: Map<z.core.$ZodType, string>): string {
  const heading = `\n${"#".repeat(depth + 2)} ${title}\n\n${key.section?.description ?? ""}`;
  const earlier = described.get(key.schema);
  if (earlier !== undefined) return `${heading} Keys as in \`${earlier}\`.\n`;
  described.set(key.schema, title);
  return `${heading}\n\n| key | type | default | meaning |\n|---|---|---|---|\n${keys.map(referenceRow).join("")}`;
}

function referenceRow(key: SchemaKey): string {
  const value = key.required ? "required" : (defaultText(key) ?? "none");
  const shown = key.required || key.doc?.fallback !== undefined || value === "none" ? value : `\`${value}\``;
  return `| \`${key.name}\` | ${key.doc?.type ?? ""} | ${shown} | ${key.doc?.description ?? ""} |\n`;
}

/** The default as a TOML literal or in words; null where there is none. Defaults are text, numbers, `[]` and `{}`. */
function defaultText(key: SchemaKey): string | null {
  if (key.doc?.fallback !== undefined) return key.doc.fallback;
  const value = defaultOf(key.schema);
  return value === undefined ? null : JSON.stringify(value);
}

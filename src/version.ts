// The version of this program, from package.json.

import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
const parsed: unknown = JSON.parse(text);

export const VERSION =
  typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";

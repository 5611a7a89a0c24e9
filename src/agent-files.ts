// The files that an agent needs by its configuration, and which of them it may not use.

import { fileURLToPath } from "node:url";
import type { Config } from "./config/config.ts";
import { isReadable, isWritableFolder } from "./lib/file-access.ts";

export interface ClosedFiles {
  /** That cannot be written, or made. */
  readonly folders: readonly string[];
  /** That cannot be read. */
  readonly files: readonly string[];
}

const PROGRAM = fileURLToPath(new URL("main.js", import.meta.url));

/** What this thread may not use with the rights that it has in effect. */
export function closedFiles(config: Config): ClosedFiles {
  const { agent, billing } = config;
  const folders = [agent.stateDir, ...(billing.outputDir === null ? [] : [billing.outputDir])];
  const files = [PROGRAM, config.file, ...namedFiles(config)];
  return {
    folders: folders.filter((folder) => !isWritableFolder(folder)),
    files: files.filter((file) => !isReadable(file)),
  };
}

/** Secrets and certificates: every key of the configuration that ends in File. */
function namedFiles(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" && key.endsWith("File") ? [inner] : namedFiles(inner),
  );
}

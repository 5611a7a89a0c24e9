// Loads a configuration from text: each test has a folder of its own, which the messages leave out.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Config, ConfigError, loadConfig } from "../../../src/config/config.ts";

/** Calls `use` with a folder that exists until it returns. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "acct-config-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function load(toml: string | Uint8Array): Config {
  return inFolder((folder) => {
    const file = join(folder, "agent.toml");
    writeFileSync(file, toml);
    return loadConfig(file);
  });
}

/** The problems of a configuration, as if it were loaded from its own folder; none where it is valid. */
export function problemsOf(toml: string | Uint8Array): string[] {
  return inFolder((folder) => {
    const file = join(folder, "agent.toml");
    writeFileSync(file, toml);
    return problemsOfFile(file).map((line) => line.replaceAll(`${folder}/`, ""));
  });
}

export function problemsOfFile(file: string): readonly string[] {
  try {
    loadConfig(file);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

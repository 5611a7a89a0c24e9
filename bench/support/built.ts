// The built program: benchmarks measure what is installed, not what tsx makes of the sources.

import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The options of the first line of dist/main.js. */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=2", "--liftoff-only"];
export const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Command line that runs a TypeScript file with this Node; its working directory must be `ROOT`. */
export function nodeCommand(file: URL, args: readonly string[] = []): readonly [file: string, args: string[]] {
  return [process.execPath, ["--import", "tsx", fileURLToPath(file), ...args]];
}

export function builtUrl(path: string): string {
  return new URL(`../../dist/${path}`, import.meta.url).href;
}

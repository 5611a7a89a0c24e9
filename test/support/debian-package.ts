// Builds the Debian package of the built program, quickly: little compression, and dist/ as it is.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
/** Whatever the last commit is: the date inside is the same for all. */
const SOURCE_DATE_EPOCH = "1790000000";

export interface PackageOptions {
  /** Default: package.json's with the revision. */
  readonly version?: string;
  /** Octal; default: the test's. */
  readonly umask?: string;
}

/** Returns the path of the package in `folder`. */
export async function buildPackage(folder: string, { version, umask = "022" }: PackageOptions = {}): Promise<string> {
  const named = version === undefined ? [] : ["--package-version", version];
  const args = ["--no-build", "--fast", "--output", folder, ...named];
  const script = `umask "$1" && shift && exec ${CHECKOUT}scripts/build-deb "$@"`;
  const env = { ...process.env, SOURCE_DATE_EPOCH };
  const { stdout } = await run("bash", ["-c", script, "-", umask, ...args], { env });
  return stdout.trim();
}

/** What a command says on standard output. */
export async function output(file: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(file, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

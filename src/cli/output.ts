// Where a command's result goes: standard output, or a file that is there whole or not at all.

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, lstatSync, openSync, realpathSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CommandError } from "./command.ts";
import { clearProgress } from "./progress.ts";
import { shownOn } from "./shown-text.ts";

export type Pieces = AsyncIterable<string> | Iterable<string>;

/**
 * Writes `pieces` one after another. A file is made for its owner alone (mode 0600), in place of one that is there; null is
 * standard output, whose reader may stop early. Throws CommandError where the file cannot be written, naming the option or `key`.
 */
export async function writeOutput(path: string | null, pieces: Pieces, key = "--output"): Promise<void> {
  if (path === null) await writeToStandardOutput(pieces);
  else await writeToFile(path, pieces, key);
}

async function writeToStandardOutput(pieces: Pieces): Promise<void> {
  // The callback of a write tells the same; without a listener the error would end the program.
  process.stdout.on("error", () => {});
  for await (const piece of pieces) if (!(await isTaken(piece))) return;
}

/** False where nobody reads any more. */
function isTaken(piece: string): Promise<boolean> {
  clearProgress();
  return new Promise((settle, reject) => {
    process.stdout.write(shownOn(process.stdout, piece), (error) => {
      if (!error) settle(true);
      else if ("code" in error && error.code === "EPIPE") settle(false);
      else reject(new CommandError(`standard output cannot be written (${error.message})`, { cause: error }));
    });
  });
}

async function writeToFile(path: string, pieces: Pieces, key: string): Promise<void> {
  const attempt = <T>(work: () => T): T => attemptAt(`${key} ${path}`, work);
  const target = attempt(() => targetOf(path, key));
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  const file = attempt(() => openSync(draft, "wx", 0o600));
  try {
    try {
      for await (const piece of pieces) attempt(() => writeWhole(file, Buffer.from(piece)));
      attempt(() => fsyncSync(file));
    } finally {
      closeSync(file);
    }
    attempt(() => renameSync(draft, target));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** The file behind a symbolic link. Throws where something other than a file has the name. */
function targetOf(path: string, key: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return resolve(path);
  const target = found.isSymbolicLink() ? realpathSync(path) : resolve(path);
  if (found.isFile() || lstatSync(target).isFile()) return target;
  throw new CommandError(`${key} ${path}: is there and no file; name a file, or leave ${key} away`);
}

function writeWhole(file: number, content: Uint8Array): void {
  for (let written = 0; written < content.length;) written += writeSync(file, content, written);
}

function attemptAt<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const fix = "name a file in a folder that is there and that you may write to";
    throw new CommandError(`${place}: cannot be written (${reason}); ${fix}`, { cause: error });
  }
}

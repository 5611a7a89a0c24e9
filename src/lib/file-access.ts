// Whether files can be used with the rights that this thread has in effect, without opening them.

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { systemCall } from "./system-call.ts";

const AT_FDCWD = -100;
const AT_EACCESS = 0x200;
const R_OK = 4;
const W_OK = 2;
const X_OK = 1;

/** Also false where the kernel does not tell (before Linux 5.8). */
export function isReadable(file: string): boolean {
  return hasAccess(file, R_OK);
}

/** The same of a folder; of one that is still to be made, whether it could be. */
export function isWritableFolder(folder: string): boolean {
  const parent = dirname(folder);
  if (hasAccess(folder, W_OK | X_OK)) return true;
  return parent !== folder && !existsSync(folder) && isWritableFolder(parent);
}

function hasAccess(path: string, mode: number): boolean {
  return systemCall("faccessat2", AT_FDCWD, Buffer.from(`${path}\0`), mode, AT_EACCESS) === 0;
}

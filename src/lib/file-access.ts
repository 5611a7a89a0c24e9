// Whether files can be used with the rights that this thread has in effect, without opening them.

import { accessSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import { systemCall } from "./system-call.ts";

const AT_FDCWD = -100;
const AT_EACCESS = 0x200;
const R_OK = 4;
const W_OK = 2;
const X_OK = 1;
const EPERM = 1;
const ENOSYS = 38;

/** Also false where the kernel does not tell root (before Linux 5.8, or under a filter of system calls). */
export function isReadable(file: string): boolean {
  return hasAccess(file, R_OK);
}

/** The same of a folder; of one that is still to be made, whether it could be. */
export function isWritableFolder(folder: string): boolean {
  const parent = dirname(folder);
  if (hasAccess(folder, W_OK | X_OK)) return true;
  return parent !== folder && !existsSync(folder) && isWritableFolder(parent);
}

/** Whether an existing folder can be listed and changed. */
export function isOpenFolder(folder: string): boolean {
  return hasAccess(folder, R_OK | W_OK | X_OK);
}

function hasAccess(path: string, mode: number): boolean {
  const result = systemCall("faccessat2", AT_FDCWD, Buffer.from(`${path}\0`), mode, AT_EACCESS);
  return result === -ENOSYS || result === -EPERM ? hasRealAccess(path, mode) : result === 0;
}

/**
 * access(2) asks for the real user, without its capabilities; of root it takes those that are held, in effect or not: what
 * root could do without them it does not tell.
 */
function hasRealAccess(path: string, mode: number): boolean {
  if (process.geteuid?.() === 0 || process.getuid?.() !== process.geteuid?.()) return false;
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

// What SQLite refuses, in the words of an operator: one line with the file, the cause and the fix.

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { FinalLedgerError, ledgerError } from "./database.ts";

/** Refusals by the machine, not by a statement of ours. */
const REFUSALS = /^SQLITE_(FULL|READONLY|IOERR|BUSY|LOCKED|CANTOPEN)/;

/** The error as it is where the program is at fault, else a LedgerError; a FinalLedgerError for a damaged file. */
export function ledgerFault(file: string, error: unknown): unknown {
  if (isDamage(error)) {
    const fix = "restart the agent, which sets it aside and begins an empty one";
    return new FinalLedgerError(`${file}: the ledger is damaged (${error.message}); ${fix}`, { cause: error });
  }
  const isRefusal = error instanceof Error && "code" in error && REFUSALS.test(String(error.code));
  return isRefusal ? ledgerError(file, causeOf(file, error), "write") : error;
}

/** What the file system says where SQLite only speaks of an I/O error; else the error as it is. */
export function causeOf(file: string, error: unknown): unknown {
  const isVague = error instanceof Error && "code" in error && VAGUE.test(String(error.code));
  return isVague ? (deniedBy(`${file}.probe`) ?? error) : error;
}

const VAGUE = /^SQLITE_(READONLY|IOERR|CANTOPEN)/;

/** Whether SQLite found the file itself broken. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code));
}

/** Tries to write a byte: permissions alone do not tell a file system that turned read-only, or a quota. */
function deniedBy(probe: string): unknown {
  try {
    const descriptor = openSync(probe, "w", 0o600);
    writeSync(descriptor, "x");
    closeSync(descriptor);
    rmSync(probe);
    return null;
  } catch (error) {
    return error;
  }
}

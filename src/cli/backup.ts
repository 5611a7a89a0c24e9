// `acct-agent backup`: copies the ledger into a file, beside a running agent or without one.

import { backUpLedger } from "../buffer/ledger-backup.ts";
import { loadConfig } from "../config/config.ts";
import { readArguments } from "./arguments.ts";
import { type ExitCode, print } from "./command.ts";
import { BACKUP } from "./options/backup.ts";

/** Rejects with LedgerError where there is no ledger, or no copy can be made. */
export async function backup(args: readonly string[]): Promise<ExitCode> {
  const { options, operands } = readArguments(BACKUP, args);
  const [file = ""] = operands;
  const { stateDir } = loadConfig(options.config).agent;
  const { bytes, lastWindowEndMs } = backUpLedger(stateDir, file);
  const until = lastWindowEndMs === null ? "no window yet" : `windows until ${new Date(lastWindowEndMs).toISOString()}`;
  print(`${file}: ${bytes} bytes, ${until}`);
  return 0;
}

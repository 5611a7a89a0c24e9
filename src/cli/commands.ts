// The commands: the table of each, and how to load what runs it. A command loads its own part of the program alone.

import type { Run } from "./command.ts";
import type { CommandTable } from "./command-table.ts";
import { BACKUP } from "./options/backup.ts";
import { CHECK } from "./options/check.ts";
import { COMPLETION } from "./options/completion.ts";
import { DEAD_LETTER } from "./options/dead-letter.ts";
import { DETACH } from "./options/detach.ts";
import { RECONCILE } from "./options/reconcile.ts";
import { REPLAY } from "./options/replay.ts";
import { REPORT } from "./options/report.ts";
import { RULES } from "./options/rules.ts";
import { RUN } from "./options/run.ts";
import { STATUS } from "./options/status.ts";

interface Command {
  readonly table: CommandTable;
  load(): Promise<Run>;
}

/** The one without a name first, then in the order in which they are shown. */
const COMMANDS: readonly Command[] = [
  { table: RUN, load: async () => (await import("./run.ts")).runAgent },
  { table: CHECK, load: async () => (await import("./check.ts")).check },
  { table: STATUS, load: async () => (await import("./status.ts")).status },
  { table: REPORT, load: async () => (await import("./report.ts")).report },
  { table: RULES, load: async () => (await import("./rules.ts")).rules },
  { table: RECONCILE, load: async () => (await import("./reconcile.ts")).runReconcile },
  { table: DEAD_LETTER, load: async () => (await import("./dead-letter.ts")).deadLetter },
  { table: REPLAY, load: async () => (await import("./replay.ts")).replay },
  { table: BACKUP, load: async () => (await import("./backup.ts")).backup },
  { table: DETACH, load: async () => (await import("./detach.ts")).detach },
  { table: COMPLETION, load: async () => (await import("./completion.ts")).completion },
];

export const TABLES: readonly CommandTable[] = COMMANDS.map(({ table }) => table);

/** The command of that name; the empty one is the agent itself. Undefined where there is none. */
export function commandNamed(name: string): Command | undefined {
  return COMMANDS.find(({ table }) => table.name === name);
}

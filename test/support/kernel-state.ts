// What agents have pinned in the kernel: maps and links that outlive them.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LEDGER_FILE } from "../../src/buffer/database.ts";
import { ledgerRows } from "./ledger-options.ts";

const PIN_FOLDER = "/sys/fs/bpf/acct-agent";

/** Paths of all pins under a folder, in order. */
function kernelState(folder = PIN_FOLDER): readonly string[] {
  return entries(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? kernelState(path) : [path];
  });
}

/** Those of agents of a state folder: their paths hold the ledger's identity. */
export function kernelStateOf(stateDir: string): readonly string[] {
  if (!existsSync(join(stateDir, LEDGER_FILE))) return [];
  const [row] = ledgerRows(stateDir, "SELECT value FROM setting WHERE name = 'ledger_id'");
  return row === undefined ? [] : kernelState().filter((path) => path.includes(String(row["value"])));
}

/** Removes what tests left whose process is dead: its id is in the name of their interface (netns.ts). */
export function removeLeftoverPins(): void {
  for (const ledger of entries(PIN_FOLDER)) {
    const folder = join(PIN_FOLDER, ledger.name);
    const interfaces = entries(folder).map(({ name }) => name);
    const dead = interfaces.filter((name) => isOfDeadTest(name));
    for (const name of dead) rmSync(join(folder, name), { recursive: true, force: true });
    if (dead.length > 0 && dead.length === interfaces.length) rmSync(folder, { recursive: true, force: true });
  }
}

function isOfDeadTest(interfaceName: string): boolean {
  const [, pid] = /^a([0-9a-z]+)-[0-9a-z]+e$/.exec(interfaceName) ?? [];
  return pid !== undefined && !existsSync(`/proc/${Number.parseInt(pid, 36)}`);
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // There is none, or it was removed in between.
    return [];
  }
}

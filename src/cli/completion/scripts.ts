// The completion script of each shell.

import type { CommandTable } from "../command-table.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

/** By shell; `file`: its name where packages install it. */
export const SHELLS = {
  bash: { file: "acct-agent.bash", script: bashScript },
  zsh: { file: "_acct-agent", script: zshScript },
  fish: { file: "acct-agent.fish", script: fishScript },
} as const;

/** The script of `bash`, `zsh` or `fish`; empty for another shell. */
export function completionScript(shell: string, tables: readonly CommandTable[]): string {
  return (
    Object.entries(SHELLS)
      .find(([name]) => name === shell)?.[1]
      .script(tables) ?? ""
  );
}

// The options of acct-agent completion.

import type { CommandTable } from "../command-table.ts";

export const COMPLETION = {
  name: "completion",
  summary: "print a script that completes commands, options and their values in a shell",
  description: "Packages install these scripts where the shells look for them.",
  operand: { argument: "SHELL", description: "the shell", choices: ["bash", "zsh", "fish"] },
  options: [],
  examples: [
    { does: "in the bash that runs", line: "completion bash > acct-agent.bash && . ./acct-agent.bash" },
    { does: "in every fish", line: "completion fish > ~/.config/fish/completions/acct-agent.fish" },
  ],
  exits: { done: "the script is printed", failure: "it cannot be printed" },
} as const satisfies CommandTable;

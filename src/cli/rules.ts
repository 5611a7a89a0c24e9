// `acct-agent rules`: the recording and alerting rules of a configuration.

import { chmod } from "node:fs/promises";
import { replayOptions } from "../agent-options.ts";
import { rulesText } from "../billing/rules/rules.ts";
import { loadConfig } from "../config/config.ts";
import { systemClock } from "../model/time.ts";
import { readArguments } from "./arguments.ts";
import type { ExitCode } from "./command.ts";
import { RULES } from "./options/rules.ts";
import { writeOutput } from "./output.ts";

/** The server that reads the file is another user. */
const FOR_EVERYONE = 0o644;

/** Writes them; rejects with CommandError where that fails. */
export async function rules(args: readonly string[]): Promise<ExitCode> {
  const { config: file, output } = readArguments(RULES, args).options;
  const { config, networks } = replayOptions(loadConfig(file));
  const { contracts, account } = config;
  const text = rulesText({ contracts, networks, byteLayer: account.byteLayer, nowMs: systemClock.now() });
  await writeOutput(output, [text]);
  if (output !== null) await chmod(output, FOR_EVERYONE);
  return 0;
}

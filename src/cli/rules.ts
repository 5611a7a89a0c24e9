// `acct-agent rules`: the recording and alerting rules of a configuration.

import { chmod } from "node:fs/promises";
import { replayOptions } from "../agent-options.ts";
import { rulesText } from "../billing/rules/rules.ts";
import { loadConfig } from "../config/config.ts";
import { systemClock } from "../model/time.ts";
import { configFile, readArguments } from "./arguments.ts";
import { type Command, type ExitCode, UsageError } from "./command.ts";
import { writeOutput } from "./output.ts";

export const rulesCommand: Command = {
  summary: "write the recording and alerting rules of contracts and networks, for Prometheus and vmalert",
  usage: "acct-agent rules --config FILE [--output FILE]",
  run: rules,
};

/** The server that reads the file is another user. */
const FOR_EVERYONE = 0o644;

async function rules(args: readonly string[]): Promise<ExitCode> {
  const options = readArguments(args, { config: { type: "string" }, output: { type: "string" } });
  const output = options.text("output") ?? null;
  if (output === "") throw new UsageError("--output is empty: name a file");
  const { config, networks } = replayOptions(loadConfig(configFile(options)));
  const { contracts, account } = config;
  const text = rulesText({ contracts, networks, byteLayer: account.byteLayer, nowMs: systemClock.now() });
  await writeOutput(output, [text]);
  if (output !== null) await chmod(output, FOR_EVERYONE);
  return 0;
}

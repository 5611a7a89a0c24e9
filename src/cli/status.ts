// `acct-agent status`: asks the running agent over the socket in its state folder.

import { join } from "node:path";
import { loadConfig } from "../config/config.ts";
import { harmless } from "../lib/harmless-text.ts";
import { STATUS_SOCKET } from "../status/status.ts";
import { answerJson, asError, askAgent } from "./agent-socket.ts";
import { readArguments } from "./arguments.ts";
import { complain, type ExitCode } from "./command.ts";
import { STATUS } from "./options/status.ts";
import { writeOutput } from "./output.ts";
import { statusText } from "./status-view.ts";
import { watchStatus } from "./status-watch.ts";

/** 1 where no agent answers; with --watch 0, when it is told to end. */
export async function status(args: readonly string[]): Promise<ExitCode> {
  const { config: file, json, watch, interval } = readArguments(STATUS, args).options;
  const config = loadConfig(file);
  const socketPath = join(config.agent.stateDir, STATUS_SOCKET);
  if (watch) {
    await watchStatus({ socketPath, intervalMs: Number(interval) * 1_000, json });
    return 0;
  }
  const answer = await askAgent(socketPath).catch(asError);
  if (answer instanceof Error) {
    const reason = harmless(answer.message);
    complain(`${socketPath}: no agent answers (${reason}); start it with acct-agent --config ${config.file}`);
    return 1;
  }
  await writeOutput(null, [`${json ? JSON.stringify(answerJson(answer), null, 2) : statusText(answer)}\n`]);
  return 0;
}

// `acct-agent --config FILE`: runs the agent in the foreground until SIGTERM or SIGINT. SIGHUP reloads.

import { Agent } from "../agent.ts";
import { type AgentOptions, agentOptions } from "../agent-options.ts";
import { limitPrivileges } from "../agent-privileges.ts";
import { ConfigError, loadConfig } from "../config/config.ts";
import { createLog, type Log, stageLog } from "../telemetry/log.ts";
import { readArguments } from "./arguments.ts";
import { mapColumns } from "../lib/column-garbage.ts";
import type { ExitCode } from "./command.ts";
import { RUN } from "./options/run.ts";

/** A clean stop takes less; what still runs then never will end. */
const STOP_LIMIT_MS = 9_500;

/** Resolves once it was told to stop and everything is committed. */
export async function runAgent(args: readonly string[]): Promise<ExitCode> {
  mapColumns();
  const { config: file } = readArguments(RUN, args).options;
  const config = loadConfig(file);
  const privileges = limitPrivileges(config);
  const options = agentOptions(privileges.adapt(config));
  const root = createLog(config.agent.logLevel);
  const log = stageLog(root, "agent");
  const agent = new Agent(options, { log: root });
  const stop = new AbortController();
  stopOnSignals(stop, log);
  process.on("SIGHUP", () => void reload(agent, () => agentOptions(privileges.adapt(loadConfig(file))), log));
  await agent.run(stop.signal, () => privileges.report(log));
  return 0;
}

function stopOnSignals(stop: AbortController, log: Log): void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      log.error({ signal }, "forced to stop: what was not committed yet is lost");
      process.exit(1);
    }
    log.info({ signal }, "stopping");
    setTimeout(() => {
      log.error({ limit_ms: STOP_LIMIT_MS }, "could not stop in time: what was not committed yet is lost");
      process.exit(1);
    }, STOP_LIMIT_MS).unref();
    stop.abort();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

async function reload(agent: Agent, load: () => AgentOptions, log: Log): Promise<void> {
  try {
    await agent.reload(load());
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [String(error)];
    log.error({ problems }, "configuration not reloaded: the running one stays in force");
  }
}

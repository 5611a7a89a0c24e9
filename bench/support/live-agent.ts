// The agent as a subject, with either backend: what its ledger holds is what it counted.

import type { Namespace } from "../../test/support/netns.ts";
import { AgentProcess, type Backend } from "./agent-process.ts";
import type { LiveSubject, LiveSubjectKind } from "./live-subject.ts";

/** Seconds; a count is complete one window and a commit after the last packet. */
export const LIVE_WINDOW_S = 5;

export function agentKind(backend: Backend): LiveSubjectKind {
  return { name: `acct-agent ${backend}`, settleMs: 8_000, start: (edge, folder) => startAgent(backend, edge, folder) };
}

async function startAgent(backend: Backend, edge: Namespace, folder: string): Promise<LiveSubject> {
  const settings = { backend, folder, prefixes: ["10.0.0.0/24"], window: `${LIVE_WINDOW_S}s` };
  const agent = await AgentProcess.start(edge, settings);
  return {
    pid: agent.pid,
    counted: async () => agent.totals().frames,
    dropped: async () => agent.totals().droppedFrames,
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
}

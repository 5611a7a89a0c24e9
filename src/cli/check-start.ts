// Whether the agent that this user starts would get over its first step, tried in a process of its own: what is given up there
// is gone for good.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { notedPlaces, requireOpenPlaces } from "../capture/ebpf/kernel-places.ts";
import { KernelError } from "../capture/ebpf/kernel-error.ts";
import type { Config } from "../config/config.ts";
import type { Finding } from "./check-capture.ts";

const PROCESS = fileURLToPath(new URL("check-start-process.js", import.meta.url));

/** Of `agent.user`, and of what an earlier agent left in the kernel; none where there is nothing to say. */
export async function startFindings(config: Config): Promise<readonly Finding[]> {
  const { user } = config.agent;
  if (user === undefined) return kernelFindings(config);
  const problems = await startProblems(config.file);
  if (problems.length > 0) return problems.map((text) => ({ ok: false, subject: "user", text }));
  return [
    { ok: true, subject: "user", text: `${user} can use the state folder, the configuration's files and the bpffs` },
  ];
}

/** What the agent would complain of; none where it could go on. */
async function startProblems(file: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, file]);
  const problems: readonly string[] = JSON.parse(stdout);
  return problems.map((problem) => problem.replace(`${file}: `, ""));
}

function kernelFindings({ agent, capture }: Config): readonly Finding[] {
  try {
    requireOpenPlaces(notedPlaces(agent.stateDir), capture.bpffs);
    return [];
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return [{ ok: false, subject: "kernel state", text: error.message }];
  }
}

// What judges rule files: Prometheus' promtool, and vmalert, which also runs them against a VictoriaMetrics.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import type { MetricsServer } from "./prometheus.ts";

const run = promisify(execFile);

/** What it prints; rejects with that where it does not accept the file. */
export async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run("promtool", [...args]).catch((error: unknown) => {
    throw new Error(`promtool ${args.join(" ")}: ${JSON.stringify(error)}`, { cause: error });
  });
  return `${stdout}${stderr}`;
}

/** Rejects where vmalert does not accept the file. */
export async function vmalertDryRun(ruleFile: string): Promise<void> {
  await run("vmalert", ["-dryRun", `-rule=${ruleFile}`]);
}

/** A vmalert that evaluates each second and records into `server`; nobody is notified. */
export async function startVmalert(server: MetricsServer, ruleFile: string): Promise<AsyncDisposable> {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `-rule=${ruleFile}`,
    `-datasource.url=${server.url}`,
    `-remoteWrite.url=${server.url}`,
    `-notifier.url=${nobody}`,
    "-evaluationInterval=1s",
    "-remoteWrite.flushInterval=500ms",
    `-httpListenAddr=127.0.0.1:${await freePort()}`,
  ];
  const child: ChildProcess = spawn("vmalert", args, { stdio: "ignore" });
  await once(child, "spawn");
  return {
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, "exit");
      if (child.kill("SIGTERM")) await exited;
    },
  };
}

// Databases that evaluate rules each second and keep what they record.

import { writeFile } from "node:fs/promises";
import { type MetricsServer, startPrometheus } from "./prometheus.ts";
import { startVmalert } from "./rule-tools.ts";
import { tempFolder } from "./temp-folder.ts";
import { startVictoriaMetrics } from "./victoria-metrics.ts";

export interface RuleRecorder extends AsyncDisposable {
  readonly server: MetricsServer;
  /** Evaluates a rule file's text from now on; once. */
  readonly evaluate: (rules: string) => Promise<void>;
}

/** Each by its name; disposing of what it starts ends all of its programs. */
export const RECORDERS = [
  ["Prometheus", prometheus],
  ["vmalert and VictoriaMetrics", vmalert],
] as const;

async function prometheus(): Promise<RuleRecorder> {
  const folder = await tempFolder();
  const file = folder.file("rules.yml");
  const server = await startPrometheus({ outOfOrder: true, ruleFiles: [file] });
  return {
    server,
    evaluate: async (rules) => {
      await writeFile(file, rules);
      const { ok, status } = await fetch(`${server.url}/-/reload`, { method: "POST" });
      if (!ok) throw new Error(`Prometheus does not take the rules: HTTP ${status} ${server.output}`);
    },
    [Symbol.asyncDispose]: () => disposeAll([server, folder]),
  };
}

async function vmalert(): Promise<RuleRecorder> {
  const folder = await tempFolder();
  const server = await startVictoriaMetrics();
  const evaluators: AsyncDisposable[] = [];
  return {
    server,
    evaluate: async (rules) => {
      await writeFile(folder.file("rules.yml"), rules);
      evaluators.push(await startVmalert(server, folder.file("rules.yml")));
    },
    [Symbol.asyncDispose]: () => disposeAll([...evaluators, server, folder]),
  };
}

async function disposeAll(parts: readonly AsyncDisposable[]): Promise<void> {
  for (const part of parts) await part[Symbol.asyncDispose]();
}

// Debian's VictoriaMetrics on a free loopback port with a folder of its own.

import { freePort } from "./free-port.ts";
import { MetricsServer, type ReadSeries, type ServerCommand } from "./prometheus.ts";
import { tempFolder } from "./temp-folder.ts";

interface ExportLine {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

/** What was written is searchable only after a flush, so every read flushes first. */
class VictoriaMetrics extends MetricsServer {
  override async query(promql: string, timeMs = Date.now()): Promise<ReadSeries[]> {
    await this.#flush();
    return super.query(promql, timeMs);
  }

  override async queryRange(...[promql, range]: Parameters<MetricsServer["queryRange"]>): Promise<ReadSeries[]> {
    await this.#flush();
    return super.queryRange(promql, range);
  }

  /** By /api/v1/export, which returns what is stored, without evaluation. */
  override async exportSeries(selector: string, fromMs: number, toMs: number): Promise<ReadSeries[]> {
    await this.#flush();
    const body = new URLSearchParams({ "match[]": selector, start: String(fromMs / 1000), end: String(toMs / 1000) });
    const response = await fetch(`${this.url}/api/v1/export`, { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(`export ${selector}: HTTP ${response.status} ${text}`);
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => toSeries(JSON.parse(line)));
  }

  async #flush(): Promise<void> {
    await fetch(`${this.url}/internal/force_flush`);
  }
}

/** `flags` come after those that every test wants. */
export async function startVictoriaMetrics(flags: readonly string[] = []): Promise<MetricsServer> {
  const [port, folder] = await Promise.all([freePort(), tempFolder()]);
  const args = [
    `-storageDataPath=${folder.file("data")}`,
    "-retentionPeriod=13",
    "-dedup.minScrapeInterval=1ms",
    // Without this, values of the last 30 s are left out of queries.
    "-search.latencyOffset=0s",
    `-httpListenAddr=127.0.0.1:${port}`,
    ...flags,
  ];
  const command: ServerCommand = { program: "victoria-metrics", args, port, readyPath: "/health", folder };
  return new VictoriaMetrics(command).ready();
}

function toSeries(line: ExportLine): ReadSeries {
  const samples = line.timestamps.map((timeMs, index) => ({ timeMs, value: line.values[index] ?? Number.NaN }));
  return { labels: line.metric, samples };
}

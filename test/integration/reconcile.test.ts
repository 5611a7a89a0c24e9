// `acct-agent reconcile` as a program, on a real ledger and the real databases.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Calendar } from "../../src/model/calendar.ts";
import { networkOf } from "../support/ledger-options.ts";
import { type MetricsServer, startPrometheus } from "../support/prometheus.ts";
import { closeInterval, push, pushedOptions, type Request, takeRequests } from "../support/pushed-ledger.ts";
import { QueryApi } from "../support/query-api.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const INTERVAL_MS = 300_000;
const INTERVALS = 48;
const UTC = new Calendar("UTC");
const MONTH = UTC.monthBefore(UTC.monthAt(Date.now()));
const MONTH_TEXT = `${MONTH.period.slice(0, 4)}-${MONTH.period.slice(4)}`;
/** In the month in both zones. */
const FIRST_MS = MONTH.startMs + 86_400_000;
const NETWORKS = [networkOf("acme-fra", { labels: { customer: "acme" } }), networkOf("other")];

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function acctAgent(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args]);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** An agent with a ledger of four hours, whose requests are not pushed yet. */
class Edge implements AsyncDisposable {
  readonly #folder: TempFolder;
  readonly ledger: Ledger;

  private constructor(folder: TempFolder, instance: string) {
    this.#folder = folder;
    this.ledger = new Ledger(
      pushedOptions(folder.file("state"), {
        baseLabels: { instance, job: "acct-agent" },
        networks: NETWORKS,
        contracts: [{ customer: "acme", timeZone: "Europe/Berlin" }],
      }),
    );
    for (let index = 0; index < INTERVALS; index += 1) this.close(index);
  }

  static async create(instance = "edge-01"): Promise<Edge> {
    return new Edge(await tempFolder(), instance);
  }

  close(index: number, bytes = 1_000_003): void {
    const rows = [
      { ip: "192.0.2.1", network: 0, bytesIn: index * bytes, bytesOut: 7, packetsIn: 1 },
      { ip: "192.0.2.2", network: 1, bytesIn: 11, bytesOut: index * bytes, packetsIn: 1 },
    ];
    closeInterval(this.ledger, FIRST_MS + index * INTERVAL_MS, { networks: ["acme-fra", "other"], rows });
  }

  /** Runs reconcile for the month of the ledger. */
  async reconcile(url: string, ...more: readonly string[]): Promise<Outcome> {
    const config = this.#folder.file("agent.toml");
    const lines = [
      `[agent]\ninstance = "edge-01"\nstate_dir = "state"\n[account]\nwindow = "300s"`,
      `[[network]]\nname = "acme-fra"\nprefixes = ["192.0.2.1/32"]\nlabels = { customer = "acme" }`,
      `[[network]]\nname = "other"\nprefixes = ["192.0.2.2/32"]`,
      `[[contract]]\ncustomer = "acme"\ntime_zone = "Europe/Berlin"`,
      `[[remote_write]]\nname = "central"\nurl = "${url}/api/v1/write"`,
      `[query]\nurl = "${url}"`,
    ];
    await writeFile(config, lines.join("\n"));
    return await acctAgent("reconcile", "--config", config, "--month", MONTH_TEXT, ...more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ledger[Symbol.dispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

describe.each([
  ["Prometheus", () => startPrometheus({ outOfOrder: true })],
  ["VictoriaMetrics", () => startVictoriaMetrics()],
])("reconcile with %s", (_, start) => {
  let server: MetricsServer;
  beforeAll(async () => {
    server = await start();
    await using stranger = await Edge.create("edge-02");
    await push(server, takeRequests(stranger.ledger));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("goes from pending to equal as a ledger is delivered, and tells what is not", { timeout: 240_000 }, async () => {
    await using edge = await Edge.create();
    const pending = await edge.reconcile(server.url, "--json");
    expect([pending.code, pending.stderr]).toEqual([0, ""]);
    expect(JSON.parse(pending.stdout)).toMatchObject({
      compared: 0,
      equal: 0,
      pending: 4 * INTERVALS,
      differences: [],
    });

    const requests = takeRequests(edge.ledger);
    const isLost = ({ windowEndMs }: Request): boolean => windowEndMs === FIRST_MS + 3 * INTERVAL_MS;
    await push(
      server,
      requests.filter((request) => !isLost(request)),
    );
    const lost = await edge.reconcile(server.url);
    expect([lost.code, lost.stderr]).toEqual([1, ""]);
    const iso = (index: number): string => `${new Date(FIRST_MS + index * INTERVAL_MS).toISOString().slice(0, 16)}Z`;
    expect(lost.stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual(
      expect.arrayContaining([
        [iso(2), iso(3), "acme-fra", "eth0", "in", "Europe/Berlin", "2000006", "missing"],
        [iso(2), iso(3), "other", "eth0", "out", "UTC", "2000006", "missing"],
        [
          `${MONTH_TEXT}, edge-01: 192 compared, 188 equal, 0 different, 4 missing in Prometheus, 0 missing in the ledger`,
        ],
      ]),
    );

    await push(server, requests.filter(isLost));
    const whole = await edge.reconcile(server.url);
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    expect(whole.stdout).toMatch(/: 192 compared, 192 equal, 0 different, /);

    // Late bytes are in the ledger alone.
    edge.close(5, 1);
    const late = await edge.reconcile(server.url, "--json");
    expect(late.code).toBe(1);
    const { differences, ...counts } = JSON.parse(late.stdout);
    expect(counts).toMatchObject({ compared: 192, equal: 188, missing_in_prometheus: 0, missing_in_ledger: 0 });
    const both = {
      from: new Date(FIRST_MS + 5 * INTERVAL_MS).toISOString(),
      ledger_bytes: 5_000_020,
      prometheus_bytes: 5_000_015,
    };
    expect(differences).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...both, network: "acme-fra", direction: "in" }),
        expect.objectContaining({ ...both, network: "other", direction: "out" }),
      ]),
    );
  });
});

describe("reconcile", () => {
  it("fails in one line where Prometheus, or the ledger, cannot be asked", async () => {
    await using api = await QueryApi.start();
    api.rule = () => ({ status: 503, body: "no" });
    await using edge = await Edge.create();
    const message = `[query] url ${api.url}: answers HTTP 503 (no); try again when the server is well\n`;
    expect(await edge.reconcile(api.url)).toEqual({ code: 1, stdout: "", stderr: message });
  });

  it.each([
    ["2026-13", /^--month "2026-13" is not a month; write e\.g\. --month \d{4}-\d\d; see acct-agent --help\n$/],
    ["9999-12", /^--month 9999-12 has not begun; see acct-agent --help\n$/],
  ])("refuses the month %s", async (month, message) => {
    await using api = await QueryApi.start();
    await using edge = await Edge.create();
    const { code, stderr } = await edge.reconcile(api.url, "--month", month);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(api.queries).toEqual([]);
  });

  it("asks for [query] where there is none", async () => {
    await using folder = await tempFolder();
    const config = folder.file("agent.toml");
    await writeFile(config, `[agent]\nstate_dir = "state"\n`);
    const { code, stderr } = await acctAgent("reconcile", "--config", config);
    const problem = "query: is missing; add [query] with the url of the Prometheus to look at";
    expect([code, stderr]).toEqual([2, `${config}: ${problem}\n`]);
  });
});

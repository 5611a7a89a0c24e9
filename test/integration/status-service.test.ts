// The status page as an agent wires it (dist, so build first): what a configuration opens, to whom, and what it shows.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request, type RequestOptions } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import Sqlite from "better-sqlite3";
import { Gauge } from "prom-client";
import { stringify, type TomlTable } from "smol-toml";
import { describe, expect, it } from "vitest";

import { LEDGER_FILE } from "../../src/buffer/database.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { floorTo } from "../../src/model/time.ts";
import { MAX_EXPOSED_ADDRESSES } from "../../src/status/address-metrics.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { metricComplaints } from "../support/check-metrics.ts";
import { freePort } from "../support/free-port.ts";
import { ledgerOptions } from "../support/ledger-options.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { quietStatus } from "../support/usage-settings.ts";
import { waitFor } from "../support/wait-for.ts";
import { windowUsage } from "../support/window-usage.ts";
import { memoryLog } from "../unit/ship/memory-log.ts";

const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const { StatusService }: typeof import("../../src/status-service.ts") = await import(built("status-service.js"));
const { agentOptions }: typeof import("../../src/agent-options.ts") = await import(built("agent-options.js"));
const { loadConfig }: typeof import("../../src/config/config.ts") = await import(built("config/config.js"));

const NOW = quietStatus(new Date().toISOString());

/** A ledger with a window that has just ended, of one address. */
function commitWindow(folder: TempFolder): void {
  using ledger = new Ledger(ledgerOptions(folder.file("state")));
  const rows = [{ ip: "192.0.2.1", bytesIn: 1500, packetsIn: 1 }];
  ledger.close(windowUsage(floorTo(Date.now(), 60_000) - 60_000, rows), { live: true });
}

/** As many addresses as if the last window had had a sample of each. */
function addLiveAddresses(stateDir: string, count: number): void {
  const database = new Sqlite(join(stateDir, LEDGER_FILE));
  try {
    database
      .prepare(
        `WITH RECURSIVE number(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number WHERE value < ?)
        INSERT INTO address (interface_id, network_id, address, bytes_in, packets_in, bytes_out, packets_out, last_active_ms, live)
        SELECT interface_id, network_id, CAST(printf('%016d', value) AS BLOB), 0, 0, 0, 0, last_active_ms, 1 FROM address, number`,
      )
      .run(count);
  } finally {
    database.close();
  }
}

async function started(folder: TempFolder, agent: TomlTable, { metrics = createMetrics() } = {}) {
  const options = await optionsOf(folder, agent, "acme");
  const { log } = memoryLog();
  const parts = { health: () => ({ ok: true as const }), backlog: async () => [], status: () => NOW };
  const service = new StatusService(options, { ...parts, metrics, log });
  await service.start();
  return service;
}

async function optionsOf(folder: TempFolder, agent: TomlTable, name: string) {
  const config = {
    agent: { instance: "edge-01", state_dir: "state", listen: "", ...agent },
    interface: [{ name: "lo" }],
    network: [{ name, prefixes: ["192.0.2.0/24"] }],
  };
  await writeFile(folder.file("agent.toml"), stringify(config));
  return agentOptions(loadConfig(folder.file("agent.toml")));
}

async function ask(options: RequestOptions) {
  const sent = request({ host: "127.0.0.1", agent: false, ...options }).end();
  const [response] = await once(sent, "response");
  return { status: Number(response.statusCode), headers: response.headers, body: await text(response) };
}

describe("the status page of an agent", () => {
  it("is for those who have the password, under the names that are configured; the socket asks for nothing", async () => {
    await using folder = await tempFolder();
    commitWindow(folder);
    await writeFile(folder.file("secret"), "open sesame\n");
    const port = await freePort();
    const basic_auth = { username: "operator", password_file: "secret" };
    const keys = { listen: `0.0.0.0:${port}`, listen_names: ["edge.example"], basic_auth };
    await using _service = await started(folder, keys);
    const auth = "operator:open sesame";
    const statusOf = async (options: RequestOptions) => (await ask({ port, path: "/", ...options })).status;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ path: "/healthz" })).toBe(401);
    expect(await statusOf({ auth: "operator:open" })).toBe(401);
    expect(await statusOf({ auth })).toBe(200);
    expect(await statusOf({ auth, headers: { host: "EDGE.example:80" } })).toBe(200);
    expect(await statusOf({ auth, headers: { host: "evil.example" } })).toBe(403);
    await writeFile(folder.file("secret"), "another one\n");
    expect(await statusOf({ auth })).toBe(401);
    expect(await statusOf({ auth: "operator:another one" })).toBe(200);
    expect(await statusOf({ socketPath: folder.file("state/agent.sock") })).toBe(200);
  });

  it("has pages that may use their own style and script and nothing else, and serves those", async () => {
    await using folder = await tempFolder();
    commitWindow(folder);
    await using _service = await started(folder, {});
    const socketPath = folder.file("state/agent.sock");
    for (const path of ["/", "/networks", "/customers", "/networks/acme", "/customers/acme"]) {
      const { status, headers, body } = await ask({ socketPath, path });
      expect([path, status, headers["content-type"]]).toEqual([path, 200, "text/html; charset=utf-8"]);
      expect(headers["content-security-policy"]).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
      for (const [, asset = ""] of body.matchAll(/(?:src|href)="(\/status\.\w+)"/g))
        expect((await ask({ socketPath, path: asset })).status).toBe(200);
    }
    const json = await ask({ socketPath, path: "/api/usage" });
    expect(json.headers["content-type"]).toBe("application/json");
    expect(json.headers["content-security-policy"]).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(JSON.parse(json.body).networks).toMatchObject([{ name: "acme" }]);
    expect(JSON.parse((await ask({ socketPath, path: "/api/status" })).body)).toEqual(NOW);
    expect((await ask({ socketPath, path: "/networks/nobody" })).status).toBe(404);
    expect((await ask({ socketPath, path: "/customers/nobody" })).status).toBe(404);
  });

  it("shows the counters of addresses to scrapers only where that is wanted, and all of them or none", async () => {
    await using folder = await tempFolder();
    const socketPath = folder.file("state/agent.sock");
    commitWindow(folder);
    {
      await using _service = await started(folder, { expose_addresses: true, external_labels: { site: "fra" } });
      const { body } = await ask({ socketPath, path: "/metrics" });
      const labels = 'ip="192.0.2.1",direction="in",site="fra",network="acme",interface="eth0"';
      expect(body).toContain(`acct_bytes_total{${labels}} 1500\n`);
      expect(body).toContain(`acct_packets_total{${labels}} 1\n`);
      expect(await metricComplaints(body)).toEqual([]);
    }
    {
      await using _service = await started(folder, {});
      expect((await ask({ socketPath, path: "/metrics" })).body).not.toContain("192.0.2.1");
    }
    await using _service = await started(folder, { expose_addresses: true, state_dir: "." });
    const broken = await ask({ socketPath: folder.file("agent.sock"), path: "/metrics" });
    expect([broken.status, broken.body]).toEqual([503, expect.stringMatching(/there is no ledger[^\n]*\n$/)]);
  });

  it("fails a scrape of more addresses than it can show in time, in one line with the way out", async () => {
    await using folder = await tempFolder();
    commitWindow(folder);
    addLiveAddresses(folder.file("state"), MAX_EXPOSED_ADDRESSES);
    await using _service = await started(folder, { expose_addresses: true });
    const { status, headers, body } = await ask({ socketPath: folder.file("state/agent.sock"), path: "/metrics" });
    expect([status, headers["content-type"]]).toEqual([503, "text/plain; charset=utf-8"]);
    expect(body).toBe(
      "more than 262144 addresses are active, too many to scrape: set agent.expose_addresses = false and push them to a [[remote_write]]\n",
    );
  });

  it("renders its metrics once for all who scrape at the same moment", async () => {
    await using folder = await tempFolder();
    commitWindow(folder);
    const metrics = createMetrics();
    let rendered = 0;
    const collect = (): void => void (rendered += 1);
    metrics.registerMetric(new Gauge({ name: "acct_test_ratio", help: "Zero.", registers: [], collect }));
    await using _service = await started(folder, {}, { metrics });
    const socketPath = folder.file("state/agent.sock");
    const bodies = await Promise.all(Array.from({ length: 50 }, () => ask({ socketPath, path: "/metrics" })));
    expect(bodies.map(({ status }) => status)).toEqual(bodies.map(() => 200));
    expect(rendered).toBeLessThan(25);
    const before = rendered;
    await waitFor("metrics of another moment", async () => {
      await ask({ socketPath, path: "/metrics" });
      return rendered > before;
    });
  });

  it("takes on networks of a changed configuration", async () => {
    await using folder = await tempFolder();
    commitWindow(folder);
    await using service = await started(folder, {});
    const socketPath = folder.file("state/agent.sock");
    const statusOf = async (path: string) => (await ask({ socketPath, path })).status;
    expect(await statusOf("/networks/globex")).toBe(404);
    service.reconfigure(await optionsOf(folder, {}, "globex"));
    expect(await statusOf("/networks/globex")).toBe(200);
    expect(await statusOf("/networks/acme")).toBe(200);
  });
});

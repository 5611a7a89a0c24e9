// The status page of the built agent while it counts 10,000 addresses and a hundred clients keep it waiting: every window
// is in the ledger, whole and in time, and whoever asks is answered.

import { join } from "node:path";
import { expect, it } from "vitest";

import type { Status } from "../../src/status/status.ts";
import type { UsageReport } from "../../src/status/usage.ts";
import { metricComplaints } from "../support/check-metrics.ts";
import { Edge, WINDOW_MS } from "../support/edge.ts";
import { ledgerAddresses, ledgerWindows } from "../support/ledger-rows.ts";
import { liveDescribe } from "../support/require-root.ts";
import { SlowClients } from "../support/slow-clients.ts";
import { Traffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

const HOSTS = 10_000;
const RATE = 8_000;
const SLOW_CLIENTS = 100;
const PATHS = ["/", "/networks", "/networks/acme", "/customers/acmecorp", "/api/status", "/api/usage"];
/** `direction` and `ip` of what was sent to the first address. */
const FIRST = /^acct_bytes_total\{ip="10\.0\.0\.0",direction="in",([^}]*)\} (\d+)$/m;

liveDescribe("the status page", () => {
  it("answers while 10,000 addresses are counted and a hundred clients are slow, and no window is late", async () => {
    await using edge = await Edge.create("acctpage");
    await edge.configure({
      agent: {
        instance: "edge",
        state_dir: "state",
        listen: "",
        expose_addresses: true,
        external_labels: { site: "a\\b" },
      },
      network: [{ name: "acme", prefixes: ["10.0.0.0/16"], labels: { customer: "acmecorp", quote: '"\n' } }],
      contract: [{ customer: "acmecorp", time_zone: "Europe/Berlin", commit_mbps: "1" }],
    });
    await using agent = await edge.start().capturing();
    await using _traffic = await Traffic.start(edge.pair.peer, { hosts: HOSTS, rate: RATE, qdisc: true });
    const slow = { count: SLOW_CLIENTS, paths: [...PATHS, "/metrics"] };
    using clients = new SlowClients(join(edge.stateDir, "agent.sock"), slow);
    const statusNow = async (): Promise<Status> => JSON.parse((await agent.get("/api/status")).body);
    const full = async () => {
      const { interfaces } = await statusNow();
      return interfaces[0]?.completeness === 1 ? interfaces[0].last_window_end : null;
    };
    const first = Date.parse(await waitFor("a whole window", full));
    const lastMs = first + 4 * WINDOW_MS;
    let asked = 0;
    for (let endMs = first; endMs < lastMs; asked++) {
      const path = PATHS[asked % PATHS.length] ?? "/";
      const { status } = await agent.get(path);
      expect([path, status]).toEqual([path, 200]);
      const now = await statusNow();
      const [one] = now.interfaces;
      endMs = Date.parse(one?.last_window_end ?? "");
      expect(one).toMatchObject({ capturing: true, completeness: 1, dropped_frames: 0 });
      expect(Date.parse(now.time) - endMs).toBeLessThan(3 * WINDOW_MS);
    }
    expect(asked).toBeGreaterThan(PATHS.length);
    expect(clients.connected).toBeGreaterThan(SLOW_CLIENTS / 2);

    const windows = ledgerWindows(edge.stateDir).filter(({ startMs, endMs }) => startMs >= first && endMs <= lastMs);
    expect(windows.map(({ startMs }) => startMs)).toEqual([0, 1, 2, 3].map((index) => first + index * WINDOW_MS));
    expect(windows.every(({ closed, observedMs }) => closed === 1 && observedMs === WINDOW_MS)).toBe(true);
    expect(Math.min(...windows.map(({ frames }) => frames))).toBeGreaterThan(0);

    const live = await statusNow();
    expect(live.health).toBe("ok");
    expect(live.networks).toMatchObject([{ name: "acme", out_bps: 0 }]);
    expect(live.top).toHaveLength(20);
    const usage = await waitFor("traffic in the interval that runs", async () => {
      const report: UsageReport = JSON.parse((await agent.get("/api/usage")).body);
      return (report.networks[0]?.interval_bytes_in ?? 0) > 0 ? report : null;
    });
    expect(usage.networks).toMatchObject([{ name: "acme", interval_bytes_out: 0 }]);
    expect(usage.day.in_bps.at(-1)).toBeGreaterThan(0);
    expect(usage.day.completeness.at(-1)).toBeGreaterThan(0);
    expect(usage.bills).toMatchObject([{ customer: "acmecorp", commit_bps: 1e6 }]);
    expect((await agent.get("/networks/nobody")).status).toBe(404);
    expect(agent.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("has metrics that promtool has nothing to say of, with the counters of addresses and without", async () => {
    await using edge = await Edge.create("acctpage");
    const agentKeys = { instance: "edge", state_dir: "state", listen: "" };
    const network = [{ name: "acme", prefixes: ["10.0.0.0/16"], labels: { customer: 'a"c\\me\ncorp' } }];
    const endpoints = [{ name: "gone", url: "http://127.0.0.1:1/api/v1/write" }];
    await edge.configure(
      { agent: { ...agentKeys, expose_addresses: true, external_labels: { site: "fra" } }, network },
      endpoints,
    );
    {
      await using agent = await edge.start().capturing();
      await using _traffic = await Traffic.start(edge.pair.peer, { hosts: 200, rate: 2_000, qdisc: true });
      const page = async (): Promise<string> => (await agent.get("/metrics")).body;
      await waitFor("the counters of addresses", async () => FIRST.test(await page()));
      expect(await metricComplaints(await page())).toEqual([]);
    }
    const counters = ledgerAddresses(edge.stateDir);
    await edge.configure({ agent: agentKeys, network }, endpoints);
    await using agent = await edge.start().capturing();
    const { body } = await agent.get("/metrics");
    expect(body).not.toContain("acct_bytes_total");
    expect(await metricComplaints(body)).toEqual([]);
    expect(Object.keys(counters).length).toBe(200);
  });
});

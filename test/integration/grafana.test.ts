// The dashboards on real databases with the rules at work: each variable has values, each query has an answer, and figures are
// those of the bills. Grafana itself is not there: test/support/grafana.ts does what it does before it asks.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Calendar } from "../../src/model/calendar.ts";
import { answerOf, type DashboardJson, interpolated, offered, type View } from "../support/grafana.ts";
import type { MetricsServer, ReadSeries } from "../support/prometheus.ts";
import { RECORDERS, type RuleRecorder } from "../support/rule-recorders.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  ACME,
  ADDRESSES,
  AGENTS,
  bytesBetween,
  bytesByTime,
  CONTRACTS,
  makeWorld,
  NOW_MS,
  OFFICE,
  pushWorld,
  RULES,
} from "./grafana-world.ts";
import { billedFigures, DAY_MS, type Figures, HOUR_MS, INTERVAL_MS } from "./rules-world.ts";

const random = new SeededRandom(testSeed());
const WORLD = makeWorld(random);
const ALL_SERIES = [...WORLD.acme, ...WORLD.globex, ...WORLD.office];
/** Figures are recorded from now on, and graphs look at points of a grid: the next one sees them. */
const TO_MS = NOW_MS + INTERVAL_MS;
const ALL = [".*"];

async function dashboard(name: string): Promise<DashboardJson> {
  const json: DashboardJson = JSON.parse(await readFile(`deploy/grafana/${name}.json`, "utf8"));
  return json;
}

const DASHBOARDS = {
  fleet: await dashboard("fleet"),
  billing: await dashboard("customer-billing"),
  health: await dashboard("agent-health"),
};
const NAMES = ["fleet", "billing", "health"] as const;
type Name = (typeof NAMES)[number];

const VIEWS = {
  fleet: { fromMs: TO_MS - DAY_MS, toMs: TO_MS, chosen: {} },
  billing: { fromMs: TO_MS - 2 * DAY_MS, toMs: TO_MS, chosen: { customer: [ACME], network: ALL, instance: ALL } },
  health: { fromMs: TO_MS - 6 * HOUR_MS, toMs: TO_MS, chosen: { instance: [AGENTS[0]], window: ["1m"] } },
} as const satisfies Readonly<Record<Name, View>>;

const QUERIES = NAMES.flatMap((name) =>
  DASHBOARDS[name].panels.flatMap(({ title, maxDataPoints, targets = [] }) =>
    targets.map((target) => ({
      name,
      title,
      letter: target.refId,
      query: { target, ...(maxDataPoints === undefined ? {} : { maxDataPoints }) },
    })),
  ),
);

const berlin = new Calendar("Europe/Berlin");
const THIS_MONTH = berlin.monthAt(NOW_MS - INTERVAL_MS);
const ACME_BILL = billOf(THIS_MONTH.period);
const ACME_BEFORE = billOf(berlin.monthBefore(THIS_MONTH).period);

function billOf(period: string): Figures {
  const month = `${period.slice(0, 4)}-${period.slice(4)}`;
  return billedFigures(CONTRACTS.acme, WORLD.acme, { month, timeMs: NOW_MS });
}

describe.each(RECORDERS)("%s", (_, start) => {
  let recorder: RuleRecorder | null = null;
  let server: MetricsServer;

  beforeAll(async () => {
    recorder = await start();
    ({ server } = recorder);
    await pushWorld(server, WORLD);
    await recorder.evaluate(RULES);
    const patience = { timeoutMs: 180_000, intervalMs: 200 };
    await waitFor("every rule to have recorded what the bill says", isRecorded, patience);
  }, 240_000);

  afterAll(async () => {
    await recorder?.[Symbol.asyncDispose]();
  });

  async function isRecorded(): Promise<boolean> {
    const records = RULES.match(/acct:\w+:\w+$/gm) ?? [];
    for (const record of new Set(records)) {
      const subjects = await server.query(`count by (customer, contract, network) (${record})`);
      if (subjects.length !== records.filter((one) => one === record).length) return false;
    }
    const whole = await value("billing", "Coverage");
    const before = await value("billing", "Coverage, previous month");
    return isNear(whole, ACME_BILL.coverage) && isNear(before, ACME_BEFORE.coverage);
  }

  /** What a panel's query answers; a panel has one title in its dashboard. */
  async function answer(
    name: Name,
    title: string,
    { letter = "A", view = VIEWS[name] }: { readonly letter?: string; readonly view?: View } = {},
  ): Promise<ReadSeries[]> {
    const found = QUERIES.find((one) => one.name === name && one.title === title && one.letter === letter);
    if (found === undefined) throw new Error(`${name} has no query ${letter} of "${title}"`);
    return await answerOf(server, found.query, view);
  }

  async function value(name: Name, title: string, letter = "A"): Promise<number> {
    const [series] = await answer(name, title, { letter });
    return series?.samples.at(-1)?.value ?? Number.NaN;
  }

  it.each(NAMES)("%s: offers for each variable what there is, given the choices before", async (name) => {
    const variables = DASHBOARDS[name].templating.list.filter(({ type }) => type === "query");
    const networks = new Set([...WORLD.acme, ...WORLD.office].map(({ network }) => network));
    const expected = { customer: [ACME, "globex", OFFICE], network: [...networks], instance: AGENTS };
    const values: Record<string, readonly string[]> = {};
    for (const variable of variables) values[variable.name] = await offered(server, variable, VIEWS[name]);
    for (const [variable, found] of Object.entries(values)) {
      const there = Object.entries(expected).find(([key]) => key === variable)?.[1] ?? [];
      expect({ variable, found: found.toSorted() }).toEqual({ variable, found: there.toSorted() });
    }
  });

  it.each(QUERIES)("$name: $title, $letter has an answer, of numbers", async ({ name, query }) => {
    const series = await answerOf(server, query, VIEWS[name]);
    const values = series.flatMap(({ samples }) => samples.map((sample) => sample.value));
    const asked = interpolated(query.target.expr, VIEWS[name]);
    expect({ asked, isEmpty: values.length === 0 }).toEqual({ asked, isEmpty: false });
    expect({ asked, numbers: values.every(Number.isFinite) }).toEqual({ asked, numbers: true });
  });

  it.each(NAMES)("%s: marks alerts by a query that the database takes", async (name) => {
    const [marks] = DASHBOARDS[name].annotations.list;
    const view = VIEWS[name];
    const expr = interpolated(marks?.expr ?? "", view);
    await expect(server.queryRange(expr, { ...view, stepMs: INTERVAL_MS })).resolves.toBeInstanceOf(Array);
  });

  it("shows of a customer what the bill says", async () => {
    const { seed } = random;
    const shown = {
      billable: await value("billing", "Billable to date"),
      commit: await value("billing", "Commit"),
      ofCommit: await value("billing", "Of the commit"),
      left: await value("billing", "Burst budget left"),
      seconds: await value("billing", "Burst time left"),
      above: await value("billing", "Intervals above the commit"),
      before: await value("billing", "Billable, previous month"),
    };
    const { billable, commit, burst, burstLeft } = ACME_BILL;
    const expected = {
      billable: bps(billable),
      commit,
      ofCommit: bps(billable) / (commit ?? 0),
      left: (burstLeft ?? 0) / (burst ?? 0),
      seconds: (burstLeft ?? 0) * 300,
      above: (burst ?? 0) - (burstLeft ?? 0),
      before: bps(ACME_BEFORE.billable),
    };
    for (const [key, figure] of Object.entries(expected)) {
      const found = Object.entries(shown).find(([name]) => name === key)?.[1] ?? Number.NaN;
      expect({ seed, key, found, figure, isNear: isNear(found, figure) }).toMatchObject({ isNear: true });
    }
  });

  it.each([
    ["a customer whose name means something in regular expressions", [ACME], ALL, WORLD.acme],
    ["one of its networks", [ACME], ["acme-ber"], WORLD.acme.slice(2)],
    ["a customer that is a network without a label", [OFFICE], ALL, WORLD.office],
    ["two customers", [ACME, "globex"], ALL, [...WORLD.acme, ...WORLD.globex]],
  ] as const)("shows each interval of %s, once", async (_name, customer, network, series) => {
    for (const escaping of ["classic", "special"] as const) {
      const view = { ...VIEWS.billing, chosen: { customer, network, instance: ALL }, escaping };
      const lines = await answer("billing", "In and out by intervals of 300 s, percentile and commit", { view });
      expect(lines).toHaveLength(2 * customer.length);
      expect(bytesByTime(lines)).toEqual(bytesBetween(series, VIEWS.billing));
    }
  });

  it("shows each interval of a month, and the percentile and commit that are the bill's", async () => {
    const view = { ...VIEWS.billing, fromMs: TO_MS - 31 * DAY_MS };
    const title = "In and out by intervals of 300 s, percentile and commit";
    expect(bytesByTime(await answer("billing", title, { view }))).toEqual(bytesBetween(WORLD.acme, view));
    const levels = await answer("billing", title, { view, letter: "B" });
    for (const direction of ["in", "out"] as const) {
      const { samples = [] } = levels.find(({ labels }) => labels["direction"] === direction) ?? {};
      expect(samples.length).toBeGreaterThan(31 * 287);
      expect(samples.every(({ value: level }) => isNear(level, bps(ACME_BILL[direction])))).toBe(true);
    }
  });

  it("shows the traffic of all agents, and each network once", async () => {
    expect(bytesByTime(await answer("fleet", "All agents"))).toEqual(bytesBetween(ALL_SERIES, VIEWS.fleet));
  });

  it("has a row for each agent and for each customer, by labels that all columns share", async () => {
    const columns = (title: string) => QUERIES.filter((one) => one.name === "fleet" && one.title === title);
    for (const { title, letter } of columns("Agents")) {
      const rows = await answer("fleet", title, { letter });
      expect(rows.map(({ labels }) => labels)).toEqual(
        expect.arrayContaining(AGENTS.map((instance) => ({ instance }))),
      );
    }
    for (const { title, letter } of columns("Customers")) {
      const rows = await answer("fleet", title, { letter });
      const keys = rows.map(({ labels }) => JSON.stringify([labels["customer"], labels["contract"]]));
      expect(new Set(keys).size).toBe(keys.length);
      expect(rows.map(({ labels }) => Object.keys(labels).toSorted())).toEqual(
        rows.map(() => ["contract", "customer"]),
      );
    }
  });

  it("shows the customer's addresses, by what they move", async () => {
    const view = { ...VIEWS.billing, toMs: NOW_MS };
    const rows = await answer("billing", "Addresses with most traffic in the last hour", { view });
    const found = rows.map(({ labels, samples }) => ({ ip: labels["ip"], bps: Math.round(samples[0]?.value ?? 0) }));
    const own = ADDRESSES.filter(({ customer }) => customer === ACME);
    const expected = own.map(({ ip, bytes }) => ({ ip, bps: (bytes * 1.5 * 8) / 60 }));
    expect(found.toSorted((a, b) => b.bps - a.bps)).toEqual(expected);
  });
});

function bps(bytes: number | null): number {
  return ((bytes ?? Number.NaN) * 8) / 300;
}

/** VictoriaMetrics keeps decimal digits, not every double. */
function isNear(found: number, expected: number | null): boolean {
  return expected !== null && Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}

// The agent closes months by its schedule, in a process of its own: what was missed is caught up at the next start.

import { readdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { Calendar } from "../../src/model/calendar.ts";
import { billedConfig, fillMonth } from "../support/billed-month.ts";
import { Edge } from "../support/edge.ts";
import { changeLedger, ledgerRows } from "../support/ledger-options.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const YEARLY = "0 0 0 1 1 *";
const EVERY_SECOND = "* * * * * *";
const DAY_MS = 86_400_000;

/** An edge whose ledger has the whole previous month, which no agent has closed. */
async function edgeWithMonth(prefix: string, close: string | null, buffer = {}): Promise<Edge> {
  const edge = await Edge.create(prefix);
  const calendar = new Calendar("UTC");
  fillMonth(edge.stateDir, calendar.monthBefore(calendar.monthAt(Date.now())));
  await configure(edge, close, buffer);
  return edge;
}

async function configure(edge: Edge, close: string | null, buffer = {}): Promise<void> {
  const { network, contract = [] } = billedConfig();
  const billing = { grace: "0s", output_dir: "bills", ...(close === null ? {} : { close }) };
  await edge.configure({ network, contract, billing, buffer });
}

function billsOf(edge: Edge): readonly unknown[] {
  return ledgerRows(edge.stateDir, "SELECT customer, version, json FROM bill ORDER BY customer, version");
}

function filesOf(edge: Edge): readonly string[] {
  return readdirSync(edge.file("bills")).filter((name) => !name.startsWith("."));
}

liveDescribe("the agent", () => {
  it("closes at its start what was missed, and nothing twice", async () => {
    await using edge = await edgeWithMonth("close", YEARLY);
    await using first = await edge.start().capturing();
    await waitFor("both bills", () => first.logged("closing months").length >= 4);
    expect(billsOf(edge)).toHaveLength(2);
    expect(filesOf(edge)).toHaveLength(8);
    const text = (await first.get("/metrics")).body;
    expect(text).toContain('acct_billing_closes_total{result="done"} 1');
    expect(text).toContain('acct_billing_closes_total{result="failed"} 0');
    const lines = first.logged("closing months").map(({ level, stage, line }) => ({ level, stage, line }));
    expect(lines[0]).toMatchObject({ level: "info", stage: "billing", line: expect.stringContaining("is stored") });
    const bills = billsOf(edge);
    expect(await first.stop()).toMatchObject({ code: 0 });
    await using second = await edge.start().capturing();
    await waitFor("the run at the start", async () =>
      (await second.get("/metrics")).body.includes('acct_billing_closes_total{result="done"} 1'),
    );
    expect(second.logged("closing months")).toEqual([]);
    expect(billsOf(edge)).toEqual(bills);
  });

  it("says what it could not close, and does so at the next run", async () => {
    await using edge = await edgeWithMonth("clofl", EVERY_SECOND);
    await writeFile(edge.file("bills"), "no folder");
    await using agent = await edge.start().capturing();
    await agent.waitForLog("closing months failed: the next run tries again");
    expect(agent.logged("closing months").some(({ line }) => String(line).startsWith("billing.output_dir"))).toBe(true);
    await rm(edge.file("bills"));
    await waitFor("the files", () => filesOf(edge).length === 8);
    expect(billsOf(edge)).toHaveLength(2);
    await waitFor("a run that is done", async () =>
      /closes_total{result="done"} [1-9]/.test((await agent.get("/metrics")).body),
    );
  });

  it("ends in time while a month is being closed, and loses nothing by being killed then", async () => {
    await using edge = await edgeWithMonth("clokl", YEARLY);
    await using first = await edge.start().capturing();
    expect(await first.stop()).toMatchObject({ code: 0, signal: null });
    await using second = await edge.start().capturing();
    await second.kill();
    await using third = await edge.start().capturing();
    await waitFor("all files", () => filesOf(edge).length === 8);
    await waitFor("the run's end", async () =>
      /closes_total{result="done"} 1/.test((await third.get("/metrics")).body),
    );
    const versions = ledgerRows(edge.stateDir, "SELECT version FROM bill");
    expect(versions).toEqual([{ version: 1n }, { version: 1n }]);
  });

  it("erases intervals after their retention with a word on how far, and leaves bills", async () => {
    await using edge = await edgeWithMonth("clore", YEARLY, { retention: "70d" });
    await using agent = await edge.start().capturing();
    await waitFor("both bills", () => billsOf(edge).length === 2);
    await agent.stop();
    // As if it were all a hundred days older.
    changeLedger(
      edge.stateDir,
      `
      UPDATE interval_usage SET start_ms = start_ms - ${100 * DAY_MS}; UPDATE interval SET start_ms = start_ms - ${100 * DAY_MS}`,
    );
    const bills = billsOf(edge);
    await configure(edge, null, { retention: "70d" });
    await using later = await edge.start().capturing();
    const line = await later.waitForLog("erased what is past its retention");
    expect(line).toMatchObject({ stage: "buffer", rows: expect.any(Number), before: expect.stringMatching(/Z$/) });
    const before = Date.parse(String(line["before"]));
    expect(
      ledgerRows(edge.stateDir, `SELECT count(*) AS n FROM interval_usage WHERE start_ms < ${before - 300_000}`),
    ).toEqual([{ n: 0n }]);
    expect(billsOf(edge)).toEqual(bills);
  });

  it("warns of a month that loses its intervals without a final bill", async () => {
    const calendar = new Calendar("UTC");
    const { startMs } = calendar.monthBefore(calendar.monthAt(Date.now()));
    const days = Math.floor((Date.now() - startMs) / DAY_MS) + 3;
    await using edge = await edgeWithMonth("clown", null, { retention: `${days}d` });
    await using agent = await edge.start().capturing();
    const line = await agent.waitForLog("a month's intervals are erased soon and it has no final bill");
    const erasedFrom = new Date(startMs + days * DAY_MS).toISOString();
    expect(line).toMatchObject({ level: "warn", customer: "Acme, Inc.", erased_from: erasedFrom });
  });
});

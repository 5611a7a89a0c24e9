import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

import { MonthClose } from "../../../src/month-close.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { type TempFolder, tempFolder } from "../../support/temp-folder.ts";
import { waitFor } from "../../support/wait-for.ts";
import { memoryLog } from "../ship/memory-log.ts";

const EVERY_SECOND = "* * * * * *";
const ONCE_A_YEAR = "0 0 0 1 1 *";

/** A closing whose program is `script`, and what came of it. */
async function closing(
  folder: TempFolder,
  script: string,
  changes: { schedule?: string | null; limitMs?: number } = {},
) {
  const { schedule = ONCE_A_YEAR, limitMs = 20_000 } = changes;
  const program = folder.file("program.mjs");
  await writeFile(program, script);
  const metrics = createMetrics();
  const { log, lines } = memoryLog();
  const close = new MonthClose({ schedule, configFile: "agent.toml" }, { log, metrics, program, limitMs });
  const stop = new AbortController();
  const ended = close.run(stop.signal);
  const count = async (result: string): Promise<number | undefined> => {
    const metric = await metrics.getSingleMetric("acct_billing_closes_total")?.get();
    return metric?.values.find(({ labels }) => labels["result"] === result)?.value;
  };
  return {
    close,
    lines,
    count,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

describe("closing months", () => {
  it("runs the command line once at the start, and logs what it says", async () => {
    await using folder = await tempFolder();
    const script = "process.stderr.write(`${process.argv.slice(2).join(' ')}\\nsecond line\\n`);";
    await using agent = await closing(folder, script);
    await waitFor("a run", async () => (await agent.count("done")) === 1);
    expect(agent.lines).toMatchObject([
      { level: "info", line: "report --close --config agent.toml" },
      { level: "info", line: "second line" },
    ]);
    expect(await agent.count("failed")).toBe(0);
  });

  it("says what failed, counts it and tries again at the next run", async () => {
    await using folder = await tempFolder();
    const script = "process.stderr.write('no room\\n'); process.exitCode = 1;";
    await using agent = await closing(folder, script, { schedule: EVERY_SECOND });
    await waitFor("two runs", async () => (await agent.count("failed")) === 2);
    expect(agent.lines).toMatchObject([
      { level: "error", line: "no room" },
      { level: "error", problem: "exit code 1" },
      { level: "error", line: "no room" },
      { level: "error", problem: "exit code 1" },
    ]);
  });

  it("ends a run that takes too long", async () => {
    await using folder = await tempFolder();
    await using agent = await closing(folder, "setInterval(() => {}, 1000);", { limitMs: 300 });
    await waitFor("the end", async () => (await agent.count("failed")) === 1);
    expect(agent.lines).toMatchObject([{ problem: "ended by SIGKILL, the limit is 300 ms" }]);
  });

  it("ends its run with the agent, silently", async () => {
    await using folder = await tempFolder();
    const started = folder.file("started");
    const script = `import { writeFileSync } from "node:fs";
      writeFileSync(${JSON.stringify(started)}, String(process.pid)); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);`;
    const agent = await closing(folder, script);
    const pid = await waitFor("the run", async () => Number(await readFile(started, "utf8")));
    await agent[Symbol.asyncDispose]();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(agent.lines).toEqual([]);
    expect([await agent.count("done"), await agent.count("failed")]).toEqual([0, 0]);
  });

  it("runs nothing without a schedule, and at once when one is configured", async () => {
    await using folder = await tempFolder();
    await using agent = await closing(folder, "", { schedule: null });
    expect([await agent.count("done"), await agent.count("failed")]).toEqual([0, 0]);
    agent.close.reconfigure({ schedule: ONCE_A_YEAR, configFile: "agent.toml" });
    await waitFor("a run", async () => (await agent.count("done")) === 1);
  });
});

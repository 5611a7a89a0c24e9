// The runbook against the program: every alert, every metric and every warning that there is, and none that is not.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rulesText } from "../../../src/billing/rules/rules.ts";
import { MonthClose } from "../../../src/month-close.ts";
import { MessageReport } from "../../../src/ship/message-report.ts";
import { ShipMetrics } from "../../../src/ship/ship-metrics.ts";
import { CaptureMetrics } from "../../../src/capture/capture-metrics.ts";
import { AgentMetrics } from "../../../src/telemetry/agent-metrics.ts";
import { ClockWatch } from "../../../src/telemetry/clock-watch.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { contractOf } from "../billing/billing-fixture.ts";
import { memoryLog } from "../ship/memory-log.ts";
import { logMessages } from "./log-messages.ts";
import { readText, rowsBelow, sections } from "./markdown.ts";

const RUNBOOK = readText("docs/operating.md");
const DOCUMENTS = ["README.md", "docs/operating.md", "docs/sizing.md", "docs/design.md", "deploy/prometheus/README.md"];
/** What registers metrics: a new one is to be added to `registered` below. */
const REGISTERING = [
  "capture/capture-metrics.ts",
  "month-close.ts",
  "ship/message-report.ts",
  "ship/ship-metrics.ts",
  "telemetry/agent-metrics.ts",
  "telemetry/clock-watch.ts",
];

/** As `name type labels`, of the registry that the agent fills. */
async function registered(): Promise<readonly string[]> {
  const metrics = createMetrics();
  const { log } = memoryLog();
  const registering = [
    new AgentMetrics(metrics, "0.0.0"),
    new CaptureMetrics(metrics),
    new ShipMetrics(metrics),
    new MessageReport(metrics),
    new ClockWatch(metrics, { log, read: () => null }),
    new MonthClose({ schedule: null, configFile: "" }, { log, metrics }),
  ];
  expect(registering).toHaveLength(REGISTERING.length);
  const families = await metrics.getMetricsAsJSON();
  return families.map(({ name, type }) => `${name} ${type} ${labelsOf(metrics.getSingleMetric(name))}`);
}

function labelsOf(metric: unknown): string {
  if (typeof metric !== "object" || metric === null || !("labelNames" in metric)) throw new Error("it has no labels");
  return Array.isArray(metric.labelNames) ? metric.labelNames.join(" ") : "";
}

/** What the stage account pushes beside them. */
function pushed(): readonly string[] {
  const files = sourceFiles().filter((name) => name.startsWith("account/"));
  const literals = files.flatMap((name) => [...readText(join("src", name)).matchAll(/"(acct_[a-z_]+)"/g)]);
  return [...new Set(literals.map(([, name = ""]) => name))];
}

function sourceFiles(): readonly string[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
}

const inBackticks = (cell = ""): string => /^`([^`]+)`$/.exec(cell)?.[1] ?? "";
const sorted = (names: Iterable<string>): readonly string[] => [...names].toSorted();

describe("docs/operating.md", () => {
  it("has each of the agent's own metrics, with its type and labels, and no other", async () => {
    const rows = rowsBelow(RUNBOOK, "Metrics of the agent").filter(([name]) => name?.startsWith("`") === true);
    const said = rows.map(([name, type, labels = ""]) => {
      return `${inBackticks(name)} ${type} ${labels.replaceAll(/[`,]/g, "")}`;
    });
    expect(sorted(said)).toEqual(sorted(await registered()));
    const incomplete = rows.filter((row) => row.some((cell, at) => at !== 2 && cell === ""));
    expect(incomplete).toEqual([]);
  });

  it("is told of every place in which metrics are registered", () => {
    const places = sourceFiles().filter((name) =>
      /new (?:Counter|Gauge|Summary|Histogram)\(/.test(readText(join("src", name))),
    );
    expect(sorted(places)).toEqual(REGISTERING);
  });

  it("has each metric of what is accounted", () => {
    const rows = rowsBelow(RUNBOOK, "Metrics of what is accounted").map(([name]) => inBackticks(name));
    expect(sorted(rows.filter((name) => name !== ""))).toEqual(sorted(pushed()));
  });

  it("and the other documents name no metric that does not exist", async () => {
    const names = [...(await registered()).map((line) => line.split(" ")[0] ?? ""), ...pushed()];
    const known = new Set(names.flatMap((name) => [name, `${name}_sum`, `${name}_count`]));
    for (const file of DOCUMENTS) {
      const said = [...readText(file).matchAll(/\bacct_[a-z_]+(?![a-z_*<])/g)].map(([name]) => name);
      const unknown = said.filter((name) => !known.has(name) && !name.endsWith("_"));
      expect({ file, unknown }).toEqual({ file, unknown: [] });
    }
  });

  it("has a section for each alert, to which the alert points, and for no other", () => {
    const contracts = [contractOf({ commitBps: 100_000_000 })];
    const text = rulesText({ contracts, networks: [{ name: "n", labels: {} }], byteLayer: "ip", nowMs: 0 });
    const alerts = [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = ""]) => name);
    const pointers = [...text.matchAll(/^ +runbook: "([^"]+)"$/gm)].map(([, pointer = ""]) => pointer);
    const said = sections(RUNBOOK).filter(({ title }) => /^Acct[A-Z]/.test(title));
    expect(said.map(({ title }) => title)).toEqual(alerts);
    expect(pointers).toEqual(said.map(({ anchor }) => `docs/operating.md#${anchor}`));
  });

  it("has each message that the log gives at warn and error, and none that the program does not log", () => {
    const rows = rowsBelow(RUNBOOK, "What the log says").map(([line]) => inBackticks(line));
    const said = rows.filter((line) => line !== "");
    const isSaid = (text: string): boolean => said.some((line) => isOf(line, text));
    const missing = logMessages("src").filter(({ text, isWhole }) => !isSaid(isWhole ? text : `${text}?`));
    expect(missing.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
    const source = sourceFiles()
      .map((name) => readText(join("src", name)))
      .join("\n");
    expect(said.filter((line) => !source.includes(line.replace(/ \.\.\.$/, "")))).toEqual([]);
  });
});

/** A row may end in three dots, which stand for the rest of the message. */
function isOf(line: string, text: string): boolean {
  return line.endsWith(" ...") ? text.startsWith(line.slice(0, -4)) : line === text;
}

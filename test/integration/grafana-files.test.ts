// The dashboards as files: written by `npm run generate`, of a form that Grafana 10 and 11 take, and complete.

import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { grafanaDashboards } from "../../scripts/grafana-dashboards.ts";
import type { DashboardJson, GridPanel } from "../support/grafana.ts";
import { ownMetrics } from "./grafana-world.ts";

const FOLDER = "deploy/grafana";
const DASHBOARDS = [...grafanaDashboards()].map(([file, text]) => {
  const json: DashboardJson = JSON.parse(text);
  return { file, text, json };
});
const CORE_PANELS = new Set(["row", "stat", "bargauge", "timeseries", "state-timeline", "table", "text"]);

describe.each(DASHBOARDS)("$file", ({ file, text, json }) => {
  it("is what npm run generate writes", async () => {
    expect(await readFile(`${FOLDER}/${file}`, "utf8")).toBe(text);
  });

  it("is found by its uid and tag, and looks again each minute in the browser's time zone", () => {
    expect(json).toMatchObject({
      uid: file === "agent-health.json" ? "acct-agent-health" : `acct-${file.replace(".json", "")}`,
      id: null,
      schemaVersion: 39,
      tags: ["acct-agent"],
      refresh: "1m",
      timezone: "browser",
      links: [{ type: "dashboards", tags: ["acct-agent"] }],
    });
    expect(Object.keys(json)).not.toContain("__inputs");
  });

  it("has core panels alone, each with a number, a title of its own and what it means", () => {
    const panels = json.panels.filter(({ type }) => type !== "row");
    expect(json.panels.filter(({ type }) => !CORE_PANELS.has(type))).toEqual([]);
    expect(new Set(json.panels.map(({ id }) => id)).size).toBe(json.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(panels.filter(({ type, description = "" }) => type !== "text" && description.length < 15)).toEqual([]);
  });

  it("has its panels side by side within 24 columns", () => {
    expect(json.panels.filter(({ gridPos: { x, w, h } }) => x < 0 || w < 1 || h < 1 || x + w > 24)).toEqual([]);
    const overlaps = json.panels.flatMap((one, index) =>
      json.panels.slice(index + 1).filter((other) => overlap(one, other)),
    );
    expect(overlaps).toEqual([]);
  });

  it("asks the data source that is chosen, by variables that there are", () => {
    const names = json.templating.list.map(({ name }) => name);
    const used = [...text.matchAll(/\$\{?([a-z]\w*)\}?/g)].map(([, name]) => name ?? "");
    expect([...new Set(used)].filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => !used.includes(name))).toEqual([]);
    const source = { type: "prometheus", uid: "${datasource}" };
    const asking = json.panels.filter(({ targets }) => targets !== undefined);
    expect(asking.map(({ datasource }) => datasource)).toEqual(asking.map(() => source));
    expect(json.templating.list[0]).toMatchObject({ type: "datasource", query: "prometheus" });
  });

  it("tells the queries of a panel by letters, and asks for one time or for a range", () => {
    for (const { targets = [] } of json.panels) {
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      expect(targets.filter(({ instant, range }) => instant === range)).toEqual([]);
    }
  });
});

describe("the folder", () => {
  it("has these dashboards and no others, each with a uid of its own", async () => {
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".json"));
    expect(files.toSorted()).toEqual(DASHBOARDS.map(({ file }) => file).toSorted());
    expect(new Set(DASHBOARDS.map(({ json }) => json.uid)).size).toBe(DASHBOARDS.length);
  });

  it("shows all that an agent says of itself on its own dashboard", async () => {
    const health = DASHBOARDS.find(({ file }) => file === "agent-health.json");
    const shown = new Set(health?.text.match(/acct_\w+/g));
    expect((await ownMetrics()).filter((name) => !shown.has(name))).toEqual([]);
  });
});

function overlap({ gridPos: a }: GridPanel, { gridPos: b }: GridPanel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

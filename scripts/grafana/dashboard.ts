// A dashboard of Grafana: sections of panels, placed from left to right and numbered in that order, so that nothing overlaps.

import { DATA_SOURCE, type JsonObject, type Panel } from "./panels.ts";

export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Never changes: links and bookmarks hold on to it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** How far back it looks at first, as `now-24h`. */
  readonly from: string;
  readonly variables: readonly JsonObject[];
  /** Alerts that are marked in graphs, as a selector of ALERTS. */
  readonly alerts: string;
  readonly sections: readonly Section[];
}

const COLUMNS = 24;
const TAG = "acct-agent";

/** JSON of schema version 39, which Grafana 10 and 11 take by provisioning and by import. */
export function dashboardText(dashboard: Dashboard): string {
  const { uid, title, description, from, variables, alerts, sections } = dashboard;
  const json = {
    uid,
    title,
    description,
    tags: [TAG],
    schemaVersion: 39,
    version: 1,
    id: null,
    editable: true,
    graphTooltip: 1,
    timezone: "browser",
    refresh: "1m",
    time: { from, to: "now" },
    timepicker: {},
    fiscalYearStartMonth: 0,
    weekStart: "",
    links: [otherDashboards()],
    annotations: { list: [alertMarks(alerts)] },
    templating: { list: [dataSourceVariable(), ...variables] },
    panels: placed(sections),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

export interface ValuesVariable {
  readonly name: string;
  readonly label: string;
  /** A series selector and the label whose values are offered. */
  readonly values: readonly [selector: string, label: string];
  /** Whether all are looked at first; else one is. */
  readonly all: boolean;
}

/** Several values may be chosen: only then does Grafana escape them for a regular expression. */
export function valuesVariable({ name, label, values: [selector, of], all }: ValuesVariable): JsonObject {
  const definition = `label_values(${selector}, ${of})`;
  return {
    type: "query",
    name,
    label,
    datasource: DATA_SOURCE,
    definition,
    query: { qryType: 1, query: definition, refId: "PrometheusVariableQueryEditor-VariableQuery" },
    current: all ? { selected: true, text: ["All"], value: ["$__all"] } : {},
    includeAll: all,
    ...(all ? { allValue: ".*" } : {}),
    multi: true,
    refresh: 2,
    sort: 1,
    regex: "",
    hide: 0,
    options: [],
    skipUrlSync: false,
  };
}

/** A choice among fixed values, the first of them at first. */
export function choiceVariable(name: string, label: string, values: readonly [string, ...string[]]): JsonObject {
  const option = (value: string): JsonObject => ({ selected: value === values[0], text: value, value });
  return {
    type: "custom",
    name,
    label,
    query: values.join(","),
    current: option(values[0]),
    options: values.map(option),
    includeAll: false,
    multi: false,
    hide: 0,
    skipUrlSync: false,
  };
}

function dataSourceVariable(): JsonObject {
  return {
    type: "datasource",
    name: "datasource",
    label: "Data source",
    query: "prometheus",
    current: {},
    includeAll: false,
    multi: false,
    refresh: 1,
    regex: "",
    hide: 0,
    options: [],
    skipUrlSync: false,
  };
}

function otherDashboards(): JsonObject {
  return {
    type: "dashboards",
    title: "acct-agent",
    tags: [TAG],
    asDropdown: false,
    includeVars: false,
    keepTime: true,
    targetBlank: false,
    icon: "external link",
    tooltip: "",
    url: "",
  };
}

function alertMarks(alerts: string): JsonObject {
  return {
    name: "Alerts",
    datasource: DATA_SOURCE,
    enable: true,
    hide: false,
    iconColor: "red",
    expr: `ALERTS{alertname=~"Acct.+",alertstate="firing"${alerts}}`,
    step: "60s",
    titleFormat: "{{alertname}}",
    textFormat: "{{instance}}{{customer}} {{endpoint}}{{interface}}",
    tagKeys: "severity",
  };
}

function placed(sections: readonly Section[]): readonly JsonObject[] {
  const panels: JsonObject[] = [];
  let y = 0;
  for (const { title, panels: own } of sections) {
    const row = { type: "row", title, collapsed: false, panels: [] };
    panels.push({ id: panels.length + 1, ...row, gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y += 1;
    for (const line of linesOf(own)) {
      let x = 0;
      for (const { body, width, height } of line) {
        panels.push({ id: panels.length + 1, ...body, gridPos: { x, y, w: width, h: height } });
        x += width;
      }
      y += Math.max(...line.map(({ height }) => height));
    }
  }
  return panels;
}

/** As many panels in a line as there is room for. */
function linesOf(panels: readonly Panel[]): readonly (readonly Panel[])[] {
  const lines: Panel[][] = [];
  let room = 0;
  for (const panel of panels) {
    if (panel.width > room) {
      lines.push([]);
      room = COLUMNS;
    }
    lines.at(-1)?.push(panel);
    room -= panel.width;
  }
  return lines;
}

// Panels of Grafana 10 and later, by core plugins alone: each is a size on the grid and what its JSON says. The dashboard gives
// them their place and number.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Panel {
  /** Of 24 columns. */
  readonly width: number;
  /** In rows of 30 pixels. */
  readonly height: number;
  readonly body: JsonObject;
}

export interface Query {
  readonly expr: string;
  /** With `{{label}}` for a label's value. */
  readonly legend?: string;
  /** Least step of a graph, as `5m`; a variable is allowed. */
  readonly minStep?: string;
}

/** From which value on which colour; the first from null on. */
export type Thresholds = readonly (readonly [from: number | null, color: string])[];

export interface Look {
  readonly title: string;
  /** What is shown, and what to do where it is not as it should be. */
  readonly description: string;
  readonly size: readonly [width: number, height: number];
  /** An identifier of Grafana's: bps, bytes, percentunit, s, short. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly thresholds?: Thresholds;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
}

export const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" } as const;

/** One number for each series, as of the range's end. */
export function stat(look: Look & { readonly noValue?: string; readonly nameAlone?: boolean }): Panel {
  return panel("stat", look, {
    targets: look.queries.map((query, index) => target(query, index, "now")),
    fieldConfig: { defaults: { ...defaults(look), noValue: look.noValue ?? "no data" }, overrides: [] },
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      colorMode: "value",
      graphMode: "none",
      justifyMode: "auto",
      orientation: "auto",
      textMode: look.nameAlone === true ? "name" : "auto",
    },
  });
}

/** The same as bars, for parts of a whole. */
export function bars(look: Look): Panel {
  return panel("bargauge", look, {
    targets: look.queries.map((query, index) => target(query, index, "now")),
    fieldConfig: { defaults: defaults(look), overrides: [] },
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      displayMode: "basic",
      orientation: "horizontal",
      showUnfilled: true,
    },
  });
}

export interface GraphLook extends Look {
  /** Points of a line; more of them than pixels keep each billing interval apart. */
  readonly maxDataPoints?: number;
  /** Which queries are levels to compare with: dashed, not filled. */
  readonly levels?: readonly number[];
}

/** Lines over time, with a threshold's line where there are thresholds. */
export function graph(look: GraphLook): Panel {
  const { levels = [], maxDataPoints, thresholds } = look;
  const custom = {
    drawStyle: "line",
    lineInterpolation: "linear",
    lineWidth: 1,
    fillOpacity: 8,
    showPoints: "auto",
    pointSize: 3,
    spanNulls: false,
    thresholdsStyle: { mode: thresholds === undefined ? "off" : "dashed" },
  };
  return panel("timeseries", look, {
    ...(maxDataPoints === undefined ? {} : { maxDataPoints }),
    targets: look.queries.map((query, index) => target(query, index, "range")),
    fieldConfig: {
      defaults: { ...defaults(look), color: { mode: "palette-classic" }, custom },
      overrides: levels.map(levelOverride),
    },
    options: {
      legend: { displayMode: "table", placement: "bottom", showLegend: true, calcs: ["lastNotNull", "max"] },
      tooltip: { mode: "multi", sort: "desc" },
    },
  });
}

/** Whether something was there: a bar for each series, with holes where it was not. */
export function timeline(look: Look & { readonly maxDataPoints: number }): Panel {
  return panel("state-timeline", look, {
    maxDataPoints: look.maxDataPoints,
    targets: look.queries.map((query, index) => target(query, index, "range")),
    fieldConfig: { defaults: { ...defaults(look), custom: { lineWidth: 0, fillOpacity: 80 } }, overrides: [] },
    options: {
      mergeValues: true,
      showValue: "never",
      rowHeight: 0.8,
      legend: { displayMode: "list", placement: "bottom", showLegend: false },
      tooltip: { mode: "single", sort: "none" },
    },
  });
}

/** Markdown. */
export function text(title: string, size: Look["size"], content: string): Panel {
  const [width, height] = size;
  const options = { mode: "markdown", content };
  return { width, height, body: { type: "text", title, description: "", options } };
}

/** The frame that all panels with queries share. */
export function panel(type: string, { title, description, size }: Look, more: JsonObject): Panel {
  const [width, height] = size;
  return { width, height, body: { type, title, description, datasource: DATA_SOURCE, ...more } };
}

/** `A` for the first query of a panel, and so on. */
export function refId(index: number): string {
  return String.fromCodePoint(65 + index);
}

export function target({ expr, legend, minStep }: Query, index: number, at: "now" | "range" | "table"): JsonObject {
  return {
    refId: refId(index),
    datasource: DATA_SOURCE,
    editorMode: "code",
    expr,
    legendFormat: legend ?? "__auto",
    instant: at !== "range",
    range: at === "range",
    ...(at === "table" ? { format: "table" } : {}),
    ...(minStep === undefined ? {} : { interval: minStep }),
  };
}

export function defaults({ unit, thresholds, decimals, min, max }: Omit<Look, "queries">): JsonObject {
  return {
    unit,
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    color: { mode: "thresholds" },
    thresholds: stepsOf(thresholds ?? [[null, "text"]]),
  };
}

export function stepsOf(thresholds: Thresholds): JsonObject {
  return { mode: "absolute", steps: thresholds.map(([value, color]) => ({ color, value })) };
}

function levelOverride(index: number): JsonObject {
  return {
    matcher: { id: "byFrameRefID", options: refId(index) },
    properties: [
      { id: "custom.fillOpacity", value: 0 },
      { id: "custom.lineWidth", value: 2 },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
    ],
  };
}

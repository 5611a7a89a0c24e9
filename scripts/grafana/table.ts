// Tables of Grafana: one query for each column, joined by the labels that name the row.

import { type JsonObject, type Look, type Panel, panel, refId, stepsOf, target, type Thresholds } from "./panels.ts";

export interface Column {
  readonly name: string;
  /** A vector with the labels of the row alone. */
  readonly expr: string;
  readonly unit: string;
  readonly thresholds?: Thresholds;
}

export interface TableLook extends Omit<Look, "queries" | "unit" | "thresholds"> {
  /** Labels that name a row, and their headings. */
  readonly rows: Readonly<Record<string, string>>;
  readonly columns: readonly Column[];
  /** Headings of columns that lead elsewhere, and where. */
  readonly links?: Readonly<Record<string, { readonly title: string; readonly url: string }>>;
  /** Heading of the column that rows are sorted by, the greatest first. */
  readonly sortBy: string;
}

export function table(look: TableLook): Panel {
  const { columns, rows, links = {}, sortBy } = look;
  const queries = columns.map(({ expr }) => ({ expr }));
  return panel(
    "table",
    { ...look, queries, unit: "short" },
    {
      targets: queries.map((query, index) => target(query, index, "table")),
      fieldConfig: {
        defaults: { unit: "short", custom: { align: "auto", cellOptions: { type: "auto" }, filterable: false } },
        overrides: [...columns.map(columnOverride), ...Object.entries(links).map(linkOverride)],
      },
      options: { showHeader: true, cellHeight: "sm", sortBy: [{ displayName: sortBy, desc: true }] },
      transformations: [{ id: "merge", options: {} }, organized(rows, columns)],
    },
  );
}

/** With one query there is no letter to tell its values by. */
function valueOf(index: number, count: number): string {
  return count === 1 ? "Value" : `Value #${refId(index)}`;
}

function organized(rows: TableLook["rows"], columns: readonly Column[]): JsonObject {
  const named = columns.map(({ name }, index) => [valueOf(index, columns.length), name] as const);
  const headings = [...Object.entries(rows), ...named];
  return {
    id: "organize",
    options: {
      excludeByName: { Time: true },
      indexByName: Object.fromEntries(headings.map(([field], index) => [field, index])),
      renameByName: Object.fromEntries(headings),
    },
  };
}

function columnOverride({ name, unit, thresholds }: Column): JsonObject {
  const colored = [
    { id: "thresholds", value: stepsOf(thresholds ?? []) },
    { id: "custom.cellOptions", value: { type: "color-text" } },
    { id: "color", value: { mode: "thresholds" } },
  ];
  return {
    matcher: { id: "byName", options: name },
    properties: [{ id: "unit", value: unit }, ...(thresholds === undefined ? [] : colored)],
  };
}

function linkOverride([name, link]: readonly [string, { readonly title: string; readonly url: string }]): JsonObject {
  return { matcher: { id: "byName", options: name }, properties: [{ id: "links", value: [{ ...link }] }] };
}

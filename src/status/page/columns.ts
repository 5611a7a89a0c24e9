// The columns of every table of the pages. On a phone a row becomes a card, and these titles its labels.

/** The first column of a table holds what its rows are called. */
export interface Column {
  readonly title: string;
  /** Written once, in the head. */
  readonly unit?: string;
  /** Of columns that stand under one heading: what they have in common. */
  readonly group?: string;
  /** What a card says, where there is less room. */
  readonly card?: string;
  /** Default: a number, aligned to the right. */
  readonly kind?: "text" | "wide";
}

function inOut(group: string, short: string, unit?: string): readonly Column[] {
  return ["In", "Out"].map((title) => {
    const card = `${short} ${title.toLowerCase()}`;
    return unit === undefined
      ? { title, group, card }
      : { title, group, unit, card: title === "In" ? `${card}, ${unit}` : card };
  });
}

/** By the name of the table, which is its class too. */
export const COLUMNS = {
  interfaces: [
    { title: "Interface" },
    { title: "State", kind: "text" },
    { title: "Backend", kind: "text" },
    { title: "In", unit: "Mbps" },
    { title: "Out", unit: "Mbps" },
    { title: "Unaccounted", unit: "Mbps", card: "Unaccounted" },
    { title: "Completeness" },
    { title: "Dropped", unit: "frames", card: "Dropped" },
    { title: "Last window", unit: "UTC", card: "Last window" },
  ],
  endpoints: [
    { title: "Endpoint" },
    { title: "State", kind: "text" },
    { title: "Lag" },
    { title: "Waiting", unit: "requests", card: "Requests" },
    { title: "Waiting", unit: "samples", card: "Samples" },
    { title: "Dead letters" },
    { title: "Last success", unit: "UTC", card: "Last success" },
  ],
  customers: [
    { title: "Customer" },
    { title: "Billed so far", unit: "Mbps" },
    { title: "Commit", unit: "Mbps", kind: "wide" },
    { title: "Burst budget left", unit: "× 5 min", kind: "wide" },
    { title: "Best", unit: "Mbps", group: "Projection" },
    { title: "Same", unit: "Mbps", group: "Projection" },
    { title: "Worst", unit: "Mbps", group: "Projection" },
    { title: "Coverage" },
    { title: "Charge so far" },
  ],
  networks: [
    { title: "Network" },
    ...inOut("Now", "Now", "Mbps"),
    ...inOut("This interval", "Interval"),
    ...inOut("Month to date", "Month"),
    ...inOut("95th percentile", "95th", "Mbps"),
  ],
  top: [
    { title: "Address" },
    { title: "Network", kind: "text" },
    { title: "Interface", kind: "text" },
    { title: "In", unit: "Mbps" },
    { title: "Out", unit: "Mbps" },
  ],
  addresses: [
    { title: "Address" },
    { title: "Interface", kind: "text" },
    { title: "Total in" },
    { title: "Total out" },
    { title: "Last active", unit: "UTC" },
  ],
} as const satisfies Readonly<Record<string, readonly Column[]>>;

export type TableName = keyof typeof COLUMNS;

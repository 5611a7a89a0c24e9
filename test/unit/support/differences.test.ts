// The comparisons on which the end-to-end tests rest, against accounts that are right, and wrong in every way that
// matters: what a byte, a packet, a window or an address too much or too little looks like.

import { describe, expect, it } from "vitest";
import { GroundTruth, type NetworkOf, type SentFlow } from "../../support/ground-truth.ts";
import {
  type Expectation,
  type LedgerContent,
  ledgerDifferences,
  observationDifferences,
} from "../../support/ledger-differences.ts";
import type { Counters, WindowRow } from "../../support/ledger-rows.ts";
import { type ArrivedSample, completenessDifferences, pushedDifferences } from "../../support/pushed-differences.ts";

const WINDOW_MS = 5_000;
const INTERVAL_MS = 300_000;
const START_MS = 1_790_000_100_000;
const OTHER = "198.51.100.7";
const NETWORK_OF: NetworkOf = (address) => (address.startsWith("10.1.") ? "acme" : null);

function flow(source: string, destination: string, ipBytes: number, packets: number): SentFlow {
  return { source, destination, ipBytes, packets };
}

/** Three windows: in, out, between two accounted addresses and of nobody; nothing; in again. */
const WINDOWS: readonly (readonly SentFlow[])[] = [
  [flow(OTHER, "10.1.0.1", 100, 10), flow("10.1.0.1", "10.1.0.2", 50, 2), flow("203.0.113.1", OTHER, 70, 3)],
  [],
  [flow(OTHER, "10.1.0.1", 200, 5), flow("10.1.0.1", OTHER, 40, 1)],
];
const GROWTH: Readonly<Record<string, readonly Counters[]>> = {
  "10.1.0.1": [counters(1_000, 10, 100, 2), counters(0, 0, 0, 0), counters(1_000, 5, 40, 1)],
  "10.1.0.2": [counters(100, 2, 0, 0), counters(0, 0, 0, 0), counters(0, 0, 0, 0)],
};

function counters(bytesIn: number, packetsIn: number, bytesOut: number, packetsOut: number): Counters {
  return { bytesIn, packetsIn, bytesOut, packetsOut };
}

function expectation(): Expectation {
  const truth = new GroundTruth();
  for (const [index, flows] of WINDOWS.entries()) truth.add(START_MS + index * WINDOW_MS, flows);
  return { interface: "eth0", windowMs: WINDOW_MS, truth, networkOf: NETWORK_OF };
}

function windowRow(index: number, changes: Partial<WindowRow> = {}): WindowRow {
  const startMs = START_MS + index * WINDOW_MS;
  return {
    interface: "eth0",
    startMs,
    endMs: startMs + WINDOW_MS,
    closed: 1,
    observedMs: WINDOW_MS,
    frames: 0,
    ipPackets: 0,
    ipBytes: 0,
    unaccountedPackets: 0,
    unaccountedBytes: 0,
    internalPackets: 0,
    internalBytes: 0,
    overflowPackets: 0,
    overflowBytes: 0,
    nonIpFrames: 0,
    parseFailures: 0,
    ...changes,
  };
}

const ROWS = [
  windowRow(0, {
    observedMs: 4_000,
    frames: 15,
    ipPackets: 15,
    ipBytes: 1_310,
    unaccountedPackets: 3,
    unaccountedBytes: 210,
    internalPackets: 2,
    internalBytes: 100,
  }),
  windowRow(1),
  windowRow(2, { frames: 6, ipPackets: 6, ipBytes: 1_040 }),
];
const USAGE = [
  { interface: "eth0", network: "acme", address: "10.1.0.1", ...counters(2_000, 15, 140, 3) },
  { interface: "eth0", network: "acme", address: "10.1.0.2", ...counters(100, 2, 0, 0) },
];
const INTERVAL = {
  interface: "eth0",
  network: "acme",
  startMs: Math.floor(START_MS / INTERVAL_MS) * INTERVAL_MS,
  ...counters(2_100, 17, 140, 3),
};
const SILENT = { ...INTERVAL, network: "silent", ...counters(0, 0, 0, 0) };
const RIGHT: LedgerContent = { windows: ROWS, usage: USAGE, intervals: [INTERVAL, SILENT] };

/** What an agent pushes of WINDOWS: a zero in front, then a value for each window, and its completeness. */
function samples(): ArrivedSample[] {
  const counterSamples = Object.entries(GROWTH).flatMap(([ip, growth]) =>
    (["bytesIn", "packetsIn", "bytesOut", "packetsOut"] as const).flatMap((field) => {
      const metric = field.startsWith("bytes") ? "acct_bytes_total" : "acct_packets_total";
      const direction = field.endsWith("In") ? "in" : "out";
      const labels = { interface: "eth0", network: "acme", ip, direction };
      const values = growth.map((_, index) => growth.slice(0, index + 1).reduce((sum, one) => sum + one[field], 0));
      return [0, ...values].map((value, index) => ({ metric, labels, timeMs: timeOf(index), value }));
    }),
  );
  const ratios = [0.8, 1, 1].map((value, index) => ({
    metric: "acct_window_completeness_ratio",
    labels: { interface: "eth0" },
    timeMs: timeOf(index + 1),
    value,
  }));
  return [...counterSamples, ...ratios];
}

/** The end of the `count`-th window; 0: before the first. */
function timeOf(count: number): number {
  return START_MS + count * WINDOW_MS - 1;
}

/** The samples, those changed that are of this address, metric, direction and window. */
function changed(
  where: Readonly<Record<string, string>> & { readonly metric: string },
  count: number,
  change: (value: number) => number | null,
): ArrivedSample[] {
  return samples().flatMap((sample) => {
    const facts: Readonly<Record<string, string>> = { ...sample.labels, metric: sample.metric };
    const isMeant = Object.entries(where).every(([name, value]) => facts[name] === value);
    if (!isMeant || sample.timeMs !== timeOf(count)) return [sample];
    const value = change(sample.value);
    return value === null ? [] : [{ ...sample, value }];
  });
}

const BYTES_IN = { metric: "acct_bytes_total", ip: "10.1.0.1", direction: "in" };

describe("the comparison of a ledger with what was sent", () => {
  it("finds nothing in a ledger that is right", () => {
    expect(ledgerDifferences(expectation(), RIGHT)).toEqual([]);
    expect(observationDifferences(expectation(), ROWS)).toEqual([]);
  });

  it("looks at one interface", () => {
    const others = [windowRow(7, { interface: "eth1", ipBytes: 1 })];
    expect(ledgerDifferences(expectation(), { ...RIGHT, windows: [...ROWS, ...others] })).toEqual([]);
    expect(ledgerDifferences({ ...expectation(), interface: "eth1" }, RIGHT)).not.toEqual([]);
  });

  it.each([
    {
      what: "a missing byte",
      rows: [windowRow(2, { ...ROWS[2], ipBytes: 1_039 })],
      like: [/ipBytes is 1039, sent 1040/],
    },
    {
      what: "a doubled window",
      rows: [windowRow(2, { ...ROWS[2], frames: 12, ipPackets: 12, ipBytes: 2_080 })],
      like: [/ipPackets is 12, sent 6/, /ipBytes is 2080, sent 1040/, /frames is 12, sent 6/],
    },
    {
      what: "a packet in the window before",
      rows: [
        windowRow(1, { frames: 1, ipPackets: 1, ipBytes: 40 }),
        windowRow(2, { frames: 5, ipPackets: 5, ipBytes: 1_000 }),
      ],
      like: [
        /:05.000Z: ipPackets is 1, sent 0/,
        /ipBytes is 40/,
        /frames/,
        /:10.000Z: ipPackets is 5/,
        /ipBytes/,
        /frames/,
      ],
    },
    {
      what: "a frame that is not IP",
      rows: [windowRow(1, { frames: 1, nonIpFrames: 1 })],
      like: [/frames/, /nonIpFrames/],
    },
    { what: "a window that is still open", rows: [windowRow(1, { closed: 0 })], like: [/closed is 0/] },
  ])("notices $what", ({ rows, like }) => {
    const windows = ROWS.map((row) => rows.find(({ startMs }) => startMs === row.startMs) ?? row);
    const problems = ledgerDifferences(expectation(), { ...RIGHT, windows });
    expect(problems).toEqual(like.map((pattern) => expect.stringMatching(pattern)));
  });

  it("notices a window that is missing, silent or not", () => {
    for (const missing of [0, 1, 2]) {
      const windows = ROWS.filter((_, index) => index !== missing);
      const problems = ledgerDifferences(expectation(), { ...RIGHT, windows });
      expect(problems).toEqual([expect.stringMatching(/^window .*: missing$/)]);
    }
  });

  it("notices traffic in a window in which nothing was sent", () => {
    const windows = [...ROWS, windowRow(3, { frames: 1, ipPackets: 1, ipBytes: 60 })];
    expect(ledgerDifferences(expectation(), { ...RIGHT, windows })).toHaveLength(3);
  });

  it("notices an address with other counters, of another network, unknown, or absent", () => {
    const [first, second] = USAGE;
    const wrong = [
      [{ ...first, bytesIn: 1_999 }, second],
      [{ ...first, bytesOut: 141 }, second],
      [first, { ...second, network: "other" }],
      [first],
      [first, second, { ...second, address: "10.1.0.3" }],
      [first, second, { ...second, address: "overflow" }],
    ];
    for (const usage of wrong) {
      const rows = usage.flatMap((row) => (row ? [{ ...INTERVAL, address: "", ...row }] : []));
      expect(ledgerDifferences(expectation(), { ...RIGHT, usage: rows })).not.toEqual([]);
    }
  });

  it("notices an interval with other counters, or at another time", () => {
    for (const change of [{ bytesIn: 2_101 }, { packetsOut: 2 }, { startMs: INTERVAL.startMs - INTERVAL_MS }]) {
      const intervals = [{ ...INTERVAL, ...change }, SILENT];
      expect(ledgerDifferences(expectation(), { ...RIGHT, intervals })).not.toEqual([]);
    }
    expect(ledgerDifferences(expectation(), { ...RIGHT, intervals: [] })).not.toEqual([]);
  });

  it("notices a window that was not observed as a whole, but for the first", () => {
    const windows = [...ROWS.slice(0, 2), windowRow(2, { ...ROWS[2], observedMs: 4_990 })];
    expect(observationDifferences(expectation(), windows)).toEqual([expect.stringMatching(/observedMs is 4990/)]);
  });
});

describe("the comparison of what was pushed with what was sent", () => {
  it("finds nothing in samples that are right, repeated or late", () => {
    const right = samples();
    expect(pushedDifferences(expectation(), right)).toEqual([]);
    expect(completenessDifferences(expectation(), right)).toEqual([]);
    expect(pushedDifferences(expectation(), [...right, ...right.slice(3, 20)])).toEqual([]);
    expect(pushedDifferences(expectation(), right.toReversed())).toEqual([]);
  });

  it("notices a byte that is missing, then made up for in the next window", () => {
    const problems = pushedDifferences(
      expectation(),
      changed(BYTES_IN, 1, (value) => value - 1),
    );
    expect(problems).toEqual([
      expect.stringMatching(/acme 10.1.0.1 in grows by 999 .*, sent 1000/),
      expect.stringMatching(/acme 10.1.0.1 in grows by 1 .*, sent 0/),
    ]);
  });

  it("notices a window that counts twice, a sample that is missing, and a series without its zero", () => {
    const doubled = changed(BYTES_IN, 3, (value) => value + 1_000);
    expect(pushedDifferences(expectation(), doubled)).toEqual([expect.stringMatching(/grows by 2000 .*, sent 1000/)]);
    const missing = changed(BYTES_IN, 2, () => null);
    expect(pushedDifferences(expectation(), missing)).toEqual([expect.stringMatching(/grows by undefined .*, sent 0/)]);
    const headless = changed(BYTES_IN, 0, () => null);
    expect(pushedDifferences(expectation(), headless)).toEqual([
      expect.stringMatching(/grows by undefined .*, sent 1000/),
    ]);
  });

  it("notices two values at one time, and a counter that falls", () => {
    const other = changed(BYTES_IN, 3, (value) => value + 1).find(
      ({ metric, labels, timeMs }) =>
        metric === BYTES_IN.metric &&
        labels["ip"] === BYTES_IN.ip &&
        labels["direction"] === "in" &&
        timeMs === timeOf(3),
    );
    const twice = [...samples(), ...(other ? [other] : [])];
    expect(pushedDifferences(expectation(), twice)[0]).toMatch(/: 2000, then 2001$/);
    const falling = changed(BYTES_IN, 3, () => 500);
    expect(pushedDifferences(expectation(), falling)[0]).toMatch(/1000 falls to 500$/);
  });

  it("notices an address that nobody sent to", () => {
    const labels = { interface: "eth0", network: "acme", ip: "overflow", direction: "in" };
    const stranger = { metric: "acct_bytes_total", labels, timeMs: timeOf(1), value: 0 };
    expect(pushedDifferences(expectation(), [...samples(), stranger])).toEqual([
      expect.stringMatching(/overflow in: pushed, but nothing was sent/),
    ]);
  });

  it("notices a gauge of an interval that differs", () => {
    const labels = { interface: "eth0", network: "acme", direction: "out", period: "202609", time_zone: "UTC" };
    const timeMs = INTERVAL.startMs + INTERVAL_MS - 1;
    const gauge = { metric: "acct_interval_bytes", labels, timeMs, value: 140 };
    expect(pushedDifferences(expectation(), [...samples(), gauge])).toEqual([]);
    expect(pushedDifferences(expectation(), [...samples(), { ...gauge, value: 141 }])).toHaveLength(1);
  });

  it("notices completeness below 1 or absent, but for the first window", () => {
    const ratio = { metric: "acct_window_completeness_ratio" };
    for (const change of [(): number => 0.999, (): null => null]) {
      expect(completenessDifferences(expectation(), changed(ratio, 2, change))).toHaveLength(1);
      expect(completenessDifferences(expectation(), changed(ratio, 1, change))).toEqual([]);
    }
  });
});

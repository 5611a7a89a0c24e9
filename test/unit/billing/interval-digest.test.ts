import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { csvField } from "../../../src/billing/csv.ts";
import { intervalsSha256 } from "../../../src/billing/interval-digest.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";

const START_MS = Date.UTC(2026, 9, 1);

function seriesOf(key: readonly [network: string, instance: string, interface_: string], bytes: readonly number[]) {
  const [network, instance, name] = key;
  const startsMs = Float64Array.from(bytes, (_, index) => START_MS + index * 300_000);
  const columns = { startsMs, bytesIn: Float64Array.from(bytes), bytesOut: Float64Array.from(bytes, (one) => one * 2) };
  return { network, instance, interface: name, ...columns } satisfies IntervalSeries;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** As a stranger would: all lines, sorted by bytes. */
function digestOfLines(series: readonly IntervalSeries[]): string {
  const lines = series.flatMap(({ network, instance, interface: name, startsMs, bytesIn, bytesOut }) =>
    [...startsMs].map((startMs, index) =>
      [
        ...[network, instance, name].map(csvField),
        new Date(startMs).toISOString(),
        bytesIn[index],
        bytesOut[index],
      ].join(","),
    ),
  );
  const sorted = lines.map((line) => Buffer.from(`${line}\n`)).sort((a, b) => Buffer.compare(a, b));
  return sha256(Buffer.concat(sorted).toString());
}

describe("the digest of intervals", () => {
  it("is that of lines that anyone can write", () => {
    const text =
      "acme,edge-01,eth0,2026-10-01T00:00:00.000Z,5,10\nacme,edge-01,eth0,2026-10-01T00:05:00.000Z,9007199254740991,18014398509481982\n";
    expect(intervalsSha256([seriesOf(["acme", "edge-01", "eth0"], [5, Number.MAX_SAFE_INTEGER])])).toBe(sha256(text));
    expect(intervalsSha256([])).toBe(sha256(""));
  });

  it("is the same in whatever order the series come, with any names", () => {
    const name = fc.oneof(
      fc.constantFrom("a", "a b", "a,b", 'a"', "a-b", "é", "=a", "'=a", "\u{1F600}", "\uFFFD"),
      fc.string(),
    );
    const key = fc.tuple(name, name, name);
    const keys = fc.uniqueArray(key, { selector: (one) => JSON.stringify(one), maxLength: 5 });
    fc.assert(
      fc.property(keys, fc.array(fc.nat(), { maxLength: 3 }), (names, bytes) => {
        const series = names.map((one) => seriesOf(one, bytes));
        expect(intervalsSha256(series)).toBe(digestOfLines(series));
        expect(intervalsSha256(series.toReversed())).toBe(intervalsSha256(series));
      }),
    );
  });

  it("changes with any figure, time or name", () => {
    const all = [
      seriesOf(["acme", "edge-01", "eth0"], [1, 2]),
      seriesOf(["acme", "edge-01", "eth1"], [1, 2]),
      seriesOf(["acme", "edge-02", "eth0"], [1, 2]),
      seriesOf(["acmf", "edge-01", "eth0"], [1, 2]),
      seriesOf(["acme", "edge-01", "eth0"], [2, 1]),
      seriesOf(["acme", "edge-01", "eth0"], [1]),
    ];
    expect(new Set(all.map((one) => intervalsSha256([one]))).size).toBe(all.length);
  });
});

import * as fc from "fast-check";
import { compress } from "snappyjs";
import { describe, expect, it } from "vitest";
import { WriteRequestBuilder } from "../../../src/ship/write-request.ts";
import { toRequestV2 } from "../../../src/ship/write-request-v2.ts";
import { type BitSeries, bitsOf, decodeV1, decodeV2, encodeV1 } from "../../support/decode-v2.ts";

const TIME = 1_793_000_059_999;
const COUNTER = 1;
const GAUGE = 2;

const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" })).map((value) => Buffer.from(value).toString());
const series: fc.Arbitrary<BitSeries> = fc.record({
  labels: fc.array(fc.tuple(text, text), { maxLength: 6 }),
  samples: fc.array(
    fc.record({
      bits: fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.double().map(bitsOf)),
      timestamp: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      start: fc.constant(0n),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const bodyOf = (all: readonly BitSeries[]): Uint8Array => compress(encodeV1(all));

/** One sample of each name, as the agent stores it. */
function stored(...names: readonly string[]): Uint8Array {
  const bodies: Uint8Array[] = [];
  const emit = ({ body }: { body: Uint8Array }): number => bodies.push(body);
  const builder = new WriteRequestBuilder({ maxSamples: 10_000, baseLabels: { job: "acct-agent" }, emit });
  for (const name of names) builder.add(builder.template(name, { network: "acme" }), 7, TIME);
  builder.flush();
  return bodies[0] ?? new Uint8Array();
}

describe("toRequestV2", () => {
  it("keeps every series, label, value and time, to the bit", () => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 8 }), (all) => {
        const body = bodyOf(all);
        expect(decodeV1(body)).toEqual(all);
        const request = toRequestV2(body);
        const decoded = decodeV2(request.body).series.map(({ labels, samples }) => ({ labels, samples }));
        expect(decoded).toEqual(all);
        expect(request.samples).toBe(all.reduce((sum, one) => sum + one.samples.length, 0));
      }),
    );
  });

  it("keeps the payload of a NaN, such as a staleness marker's", () => {
    const bits = [0x7ff0000000000002n, 0x7ff8000000000001n, 0xfff8dead00000001n];
    const all = [{ labels: [], samples: bits.map((one) => ({ bits: one, timestamp: 1n, start: 0n })) }];
    expect(decodeV2(toRequestV2(bodyOf(all)).body).series[0]?.samples.map((one) => one.bits)).toEqual(bits);
  });

  it("gives the same bytes for the same request", () => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 8 }), (all) => {
        const [first, second] = [toRequestV2(bodyOf(all)), toRequestV2(bodyOf(all))];
        expect(Buffer.compare(first.body, second.body)).toBe(0);
      }),
    );
  });

  it("lists each string once, the empty one first", () => {
    const { symbols } = decodeV2(toRequestV2(stored("acct_bytes_total", "acct_packets_total")).body);
    expect(symbols).toEqual([
      "",
      "__name__",
      "acct_bytes_total",
      "job",
      "acct-agent",
      "network",
      "acme",
      expect.stringContaining("Bytes"),
      "acct_packets_total",
      expect.stringContaining("Packets"),
    ]);
    expect(new Set(symbols).size).toBe(symbols.length);
  });

  it("says what is a counter and what a gauge, and help where it is known", () => {
    const { series: decoded } = decodeV2(
      toRequestV2(stored("acct_bytes_total", "acct_interval_bytes", "a", "a_total")).body,
    );
    expect(decoded.map(({ type, help, unit }) => [type, help, unit])).toEqual([
      [COUNTER, expect.stringMatching(/^Bytes/), ""],
      [GAUGE, expect.stringMatching(/^Bytes/), ""],
      [GAUGE, "", ""],
      [COUNTER, "", ""],
    ]);
  });

  it("has an empty message for a request without series", () => {
    const request = toRequestV2(Uint8Array.of(0));
    expect(decodeV2(request.body)).toEqual({ symbols: [""], series: [] });
    expect(request.samples).toBe(0);
  });

  it("reads as an empty 1.0 request", () => {
    expect(decodeV1(toRequestV2(stored("acct_bytes_total")).body)).toEqual([]);
  });

  it("refuses bytes that are no request", () => {
    expect(() => toRequestV2(compress(Uint8Array.of(0x0a, 0xff)))).toThrow("ship:");
  });
});

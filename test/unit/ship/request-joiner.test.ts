// Several stored requests as one: the same samples, each series once.

import * as fc from "fast-check";
import { compress } from "snappyjs";
import { describe, expect, it } from "vitest";
import { RequestJoiner } from "../../../src/ship/request-joiner.ts";
import { WriteRequestBuilder } from "../../../src/ship/write-request.ts";
import { decodeBody, type ReceivedSeries, seriesKey } from "../../support/receiver.ts";

const NAMES = Array.from({ length: 12 }, (_, index) =>
  index < 6 ? `192.0.2.${index}` : `2001:db8::${"f".repeat(index)}`,
);

/** The body of a request with these series at a time, in this order. */
function bodyOf(timeMs: number, series: readonly (readonly [name: string, value: number])[]): Uint8Array {
  const bodies: Uint8Array[] = [];
  const emit = ({ body }: { readonly body: Uint8Array }): number => bodies.push(body);
  const builder = new WriteRequestBuilder({ maxSamples: 100, baseLabels: { job: "acct-agent" }, emit });
  const template = builder.template("acct_bytes_total", { customer: "Müller" }, "ip");
  for (const [name, value] of series) builder.add(template, value, timeMs, name);
  builder.flush();
  return bodies[0] ?? compress(new Uint8Array());
}

/** By series, in the order of the series' first occurrence. */
function bySeries(all: readonly ReceivedSeries[]): [string, { value: number; timestamp: number }[]][] {
  const found = new Map<string, { value: number; timestamp: number }[]>();
  for (const one of all) {
    const key = seriesKey(one);
    found.set(key, [...(found.get(key) ?? []), ...one.samples]);
  }
  return [...found];
}

const window = fc.shuffledSubarray(NAMES).chain((names) => {
  return fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.double({ noNaN: true }))));
});

describe("joined requests", () => {
  it("have the samples of all, in their order, and each series once, whatever the windows have in common", () => {
    const joiner = new RequestJoiner();
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 8 }), (windows) => {
        const bodies = windows.map((series, index) => bodyOf(1_700_000_000_000 + index * 60_000, series));
        const joined = decodeBody(joiner.join(bodies));
        expect(joined.map((one) => [seriesKey(one), one.samples])).toEqual(bySeries(bodies.flatMap(decodeBody)));
      }),
    );
  });

  it("are the same bytes for the same requests, and stay as they are when others are joined", () => {
    const joiner = new RequestJoiner();
    const bodies = [1, 2, 3].map((time) =>
      bodyOf(time * 60_000, [
        ["a", time],
        ["b", -time],
      ]),
    );
    const joined = joiner.join(bodies);
    const copy = Buffer.from(joined);
    joiner.join([bodyOf(60_000, [["c", 1]]), bodyOf(120_000, [["c", 2]])]);
    expect(Buffer.compare(joined, copy)).toBe(0);
    expect(Buffer.compare(joiner.join(bodies), copy)).toBe(0);
    expect(Buffer.compare(new RequestJoiner().join(bodies), copy)).toBe(0);
  });

  it("are smaller than the requests that they are made of", () => {
    const series = NAMES.map((name, index) => [name, index] as const);
    const bodies = Array.from({ length: 10 }, (_, index) => bodyOf(index * 60_000, series));
    const joined = new RequestJoiner().join(bodies);
    expect(joined.length).toBeLessThan(bodies.reduce((sum, { length }) => sum + length, 0) / 2);
  });

  it.each([
    ["that are not snappy's", Uint8Array.of(200, 1, 2, 3), "not compressed by snappy"],
    ["of another message", compress(Uint8Array.of(0x12, 1, 0)), "there is no series"],
    ["of a series without a sample", compress(Uint8Array.of(0x0a, 2, 0x0a, 0)), "no sample"],
    ["that end too early", compress(Uint8Array.of(0x0a, 9, 0x0a, 0)), "beyond its message"],
  ])("are not made of bytes %s", (_, body, reason) => {
    expect(() => new RequestJoiner().join([bodyOf(1, [["a", 1]]), body])).toThrow(reason);
  });
});

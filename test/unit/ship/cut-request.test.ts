import * as fc from "fast-check";
import { compress, uncompress } from "snappyjs";
import { describe, expect, it } from "vitest";
import { cutRequest, EMPTY_REQUEST, joinRequests, joinSamples } from "../../../src/ship/cut-request.ts";
import { loadRemoteWriteTypes } from "../../../src/ship/proto.ts";
import { sampleText } from "../../../src/ship/sample-text.ts";
import { decodeBody } from "../../support/receiver.ts";

const { WriteRequest } = loadRemoteWriteTypes();

interface Series {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
}

function bodyOf(timeseries: readonly Series[]): Uint8Array {
  return compress(new Uint8Array(WriteRequest.encode({ timeseries }).finish()));
}

const label = fc.record({ name: fc.string({ minLength: 1 }), value: fc.string({ unit: "grapheme", maxLength: 200 }) });
const sample = fc.record({ value: fc.double(), timestamp: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) });
const oneSample = fc.array(fc.record({ labels: fc.array(label), samples: fc.tuple(sample) }), { maxLength: 50 });
const series = fc.array(fc.record({ labels: fc.array(label), samples: fc.array(sample) }), { maxLength: 20 });

describe("a request", () => {
  it("that is cut and joined again has the same bytes", () => {
    fc.assert(
      fc.property(oneSample, (request) => {
        const body = bodyOf(request);
        const samples = cutRequest(body);
        expect(samples).toHaveLength(request.length);
        expect(uncompress(joinSamples(samples))).toEqual(uncompress(body));
      }),
    );
  });

  it("is cut into one series for each sample, in order", () => {
    fc.assert(
      fc.property(series, (request) => {
        const parts = cutRequest(bodyOf(request)).map((part) => decodeBody(joinSamples([part])));
        expect(parts).toEqual(
          request.flatMap(({ labels, samples }) => samples.map((one) => [{ labels, samples: [one] }])),
        );
      }),
    );
  });

  it("keeps the payload of a NaN and what it does not know", () => {
    const staleNan = Buffer.from("020000000000f07f", "hex");
    const content = Buffer.concat([Buffer.from([0x09]), staleNan, Buffer.from([0x10, 0x05])]);
    const unknown = Buffer.from([0x1d, 1, 2, 3, 4]);
    const field = Buffer.concat([Buffer.from([0x12, content.length]), content]);
    const inner = Buffer.concat([field, field, unknown]);
    const body = compress(new Uint8Array(Buffer.concat([Buffer.from([0x0a, inner.length]), inner])));
    const parts = cutRequest(body);
    expect(parts).toHaveLength(2);
    for (const part of parts) {
      const bytes = Buffer.from(uncompress(joinSamples([part])));
      expect(bytes.includes(staleNan)).toBe(true);
      expect(bytes.includes(unknown)).toBe(true);
    }
  });

  it("that is empty has nothing", () => {
    expect(cutRequest(EMPTY_REQUEST)).toEqual([]);
  });

  it("is joined with others into one", () => {
    const one = [{ labels: [{ name: "__name__", value: "a" }], samples: [{ value: 1, timestamp: 2 }] }];
    expect(decodeBody(joinRequests([bodyOf(one), EMPTY_REQUEST, bodyOf(one)]))).toEqual([...one, ...one]);
  });

  it("of any other bytes is an error, never a part", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const read = (): string => {
          try {
            return typeof cutRequest(compress(bytes)).map(sampleText).length;
          } catch (error) {
            return error instanceof Error ? "number" : "something else";
          }
        };
        expect(read()).toBe("number");
      }),
    );
    expect(() => cutRequest(Uint8Array.of(5, 1, 2))).toThrow("Invalid Snappy bitstream");
    expect(() => cutRequest(compress(Uint8Array.of(0x0a, 9, 1)))).toThrow("goes beyond its message");
    expect(() => cutRequest(compress(Uint8Array.of(0x0b)))).toThrow("there is no wire type 3");
  });
});

describe("sampleText", () => {
  it.each([
    [1.5, "1.5"],
    [2 ** 53 - 1, "9007199254740991"],
    [Number.NaN, "NaN"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [0, "0"],
  ])("shows a sample of %s", (value, text) => {
    const labels = [
      { name: "__name__", value: "acct_bytes_total" },
      { name: "ip", value: "192.0.2.1" },
      { name: "customer", value: 'Müller "& Söhne"\n' },
    ];
    const [part = new Uint8Array()] = cutRequest(
      bodyOf([{ labels, samples: [{ value, timestamp: 1_791_979_199_999 }] }]),
    );
    expect(sampleText(part)).toEqual({
      series: 'acct_bytes_total{ip="192.0.2.1",customer="Müller \\"& Söhne\\"\\n"}',
      value: text,
      timestampMs: 1_791_979_199_999,
    });
  });

  it("shows what has no labels, no name or a time before the epoch", () => {
    const text = (labels: Series["labels"], timestamp: number) =>
      cutRequest(bodyOf([{ labels, samples: [{ value: 1, timestamp }] }])).map(sampleText)[0];
    expect(text([{ name: "__name__", value: "up" }], 0)).toEqual({ series: "up", value: "1", timestampMs: 0 });
    expect(text([{ name: "a", value: "b" }], -5)).toEqual({ series: '{a="b"}', value: "1", timestampMs: -5 });
    expect(text([], 7)).toEqual({ series: "", value: "1", timestampMs: 7 });
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EncodedRequest, WriteRequestBuilder } from "../../../src/ship/write-request.ts";
import { decodeBody } from "../../support/receiver.ts";

const TIME = 1_793_000_059_999;

function build(maxSamples = 2000, baseLabels: Record<string, string> = {}) {
  const requests: EncodedRequest[] = [];
  const emit = (request: EncodedRequest): number => requests.push(request);
  return { requests, builder: new WriteRequestBuilder({ maxSamples, baseLabels, emit }) };
}

function decodeAll(requests: readonly EncodedRequest[]) {
  return requests.flatMap((request) => decodeBody(request.body));
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,12}$/).filter((name) => name !== "__name__");
const labelValue = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "grapheme", maxLength: 200 }));
const series = fc.uniqueArray(labelName, { minLength: 1, maxLength: 8 }).chain((names) =>
  fc.record({
    name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/),
    labels: fc
      .constant(names.slice(1))
      .chain((keys) => fc.tuple(...keys.map((key) => labelValue.map((value) => [key, value] as const)))),
    varying: fc.constantFrom(names[0] ?? "", undefined),
  }),
);
const sample = fc.record({
  series: fc.nat({ max: 4 }),
  value: fc.double({ noNaN: true }),
  timeMs: fc.oneof(fc.constant(TIME), fc.maxSafeNat()),
  varyingValue: labelValue,
});

describe("WriteRequestBuilder", () => {
  it("encodes what protobufjs decodes to the samples added, labels in byte order, empty ones left out", () => {
    fc.assert(
      fc.property(
        fc.array(series, { minLength: 5, maxLength: 5 }),
        fc.array(sample, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (all, samples, maxSamples) => {
          const { requests, builder } = build(maxSamples);
          const templates = all.map((one) => builder.template(one.name, Object.fromEntries(one.labels), one.varying));
          const expected = samples.map((one) => {
            const template = templates[one.series];
            const origin = all[one.series];
            if (template === undefined || origin === undefined) throw new Error("unreachable");
            const varies = origin.varying === undefined ? [] : [[origin.varying, one.varyingValue] as const];
            builder.add(template, one.value, one.timeMs, origin.varying === undefined ? undefined : one.varyingValue);
            const labels = [["__name__", origin.name] as const, ...origin.labels, ...varies];
            return {
              labels: labels
                .filter(([, value]) => value !== "")
                .map(([name, value]) => ({ name, value: Buffer.from(value).toString() }))
                .sort((a, b) => byteOrder(a.name, b.name)),
              samples: [{ value: one.value, timestamp: one.timeMs }],
            };
          });
          builder.flush();
          expect(decodeAll(requests)).toEqual(expected);
          expect(requests.every((request) => request.samples <= maxSamples)).toBe(true);
          expect(requests.length).toBe(Math.ceil(samples.length / maxSamples));
        },
      ),
    );
  });

  it("emits a request as soon as it is full and the rest at flush", () => {
    const { requests, builder } = build(2);
    const template = builder.template("acct_bytes_total", {}, "ip");
    for (let index = 0; index < 5; index += 1) builder.add(template, index, TIME, `192.0.2.${index}`);
    expect(requests.map((request) => request.samples)).toEqual([2, 2]);
    builder.flush();
    builder.flush();
    expect(requests.map((request) => request.samples)).toEqual([2, 2, 1]);
  });

  it("puts the base labels on every series", () => {
    const { requests, builder } = build(1, { instance: "edge-01", job: "acct-agent" });
    builder.add(builder.template("up", { zone: "a", customer: "" }), 1, TIME);
    expect(decodeAll(requests)[0]?.labels).toEqual([
      { name: "__name__", value: "up" },
      { name: "instance", value: "edge-01" },
      { name: "job", value: "acct-agent" },
      { name: "zone", value: "a" },
    ]);
  });

  it("sorts capitals before the underscore and the underscore before small letters", () => {
    const { requests, builder } = build(1);
    builder.add(builder.template("m", { a: "1", Z: "2", _b: "3", a_: "4", aB: "5" }, "Q"), 1, TIME, "6");
    expect(decodeAll(requests)[0]?.labels.map((label) => label.name)).toEqual([
      "Q",
      "Z",
      "__name__",
      "_b",
      "a",
      "aB",
      "a_",
    ]);
  });

  it("keeps exact integers up to 2^53 and the sign of zero", () => {
    const { requests, builder } = build(3);
    const template = builder.template("m", {});
    for (const value of [2 ** 53 - 1, -0, Infinity]) builder.add(template, value, TIME);
    expect(decodeAll(requests).map((one) => one.samples[0]?.value)).toEqual([2 ** 53 - 1, -0, Infinity]);
  });

  it("grows for labels larger than its buffer", () => {
    const { requests, builder } = build(100);
    const template = builder.template("m", { long: "x".repeat(50_000) }, "name".repeat(40));
    for (let index = 0; index < 100; index += 1) builder.add(template, index, TIME, "é".repeat(30_000));
    const decoded = decodeAll(requests);
    expect(decoded.map((one) => one.samples[0]?.value)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(new Set(decoded.map((one) => one.labels.find((label) => label.name.startsWith("name"))?.value))).toEqual(
      new Set(["é".repeat(30_000)]),
    );
  });

  it("writes UTF-8 even for a lone surrogate", () => {
    const { requests, builder } = build(1);
    builder.add(builder.template("m", { fixed: "\ud800" }, "ip"), 1, TIME, "\udc00");
    const values = decodeAll(requests)[0]?.labels.map((label) => label.value);
    expect(values).toEqual(["m", "\ufffd", "\ufffd"]);
  });

  it("emits a body of its own that holds no larger buffer", () => {
    const { requests, builder } = build(1);
    const template = builder.template("m", {}, "ip");
    builder.add(template, 1, TIME, "192.0.2.1");
    const copy = Buffer.from(requests[0]?.body ?? []);
    builder.add(template, 2, TIME, "192.0.2.2");
    expect(requests[0]?.body.buffer.byteLength).toBe(copy.length);
    expect(Buffer.compare(requests[0]?.body ?? Buffer.alloc(0), copy)).toBe(0);
  });

  it.each([
    ["a label of the series and the base", { job: "x" }, undefined],
    ["a label of the series and the varying one", { ip: "x" }, "ip"],
    ["a label of the base and the varying one", {}, "job"],
    ["the name as a label", { __name__: "x" }, undefined],
    ["the name as the varying label", {}, "__name__"],
  ])("refuses %s", (_, labels, varying) => {
    const { builder } = build(1, { job: "acct-agent" });
    expect(() => builder.template("m", { ...labels }, varying)).toThrow(/label "\w+" is there twice/);
  });

  it.each([
    ["", {}],
    ["1m", {}],
    ["m", { "a-b": "x" }],
    ["m", { "": "x" }],
  ])("refuses the name in %j %j", (name, labels) => {
    expect(() => build().builder.template(name, { ...labels })).toThrow(/is not a (metric|label) name/);
  });

  it("refuses NaN, a fractional or negative time and a value for no varying label, and goes on unharmed", () => {
    const { requests, builder } = build(1);
    const template = builder.template("m", {});
    expect(() => builder.add(template, Number.NaN, TIME)).toThrow("NaN");
    expect(() => builder.add(template, 1, TIME + 0.5)).toThrow("no time");
    expect(() => builder.add(template, 1, -1)).toThrow("no time");
    expect(() => builder.add(template, 1, TIME, "192.0.2.1")).toThrow("no varying label");
    expect(requests).toEqual([]);
    builder.add(template, 1, TIME);
    expect(decodeAll(requests)).toHaveLength(1);
  });
});

// A cut sample as a person reads it. For lists alone: what is sent again is the sample's bytes.

import type { CutSample } from "./cut-request.ts";
import { type Field, fieldsOf, readVarint } from "./protobuf-fields.ts";

export interface SampleText {
  /** `name{a="1",b="2"}`, labels as they are in the request. */
  readonly series: string;
  /** As Prometheus writes it: a number, NaN, +Inf or -Inf. */
  readonly value: string;
  readonly timestampMs: number;
}

const LABELS = 1;
const SAMPLES = 2;

/** Throws on bytes that are no series. */
export function sampleText(sample: CutSample): SampleText {
  const [outer] = fieldsOf(sample);
  const series = outer === undefined ? new Uint8Array() : sample.subarray(outer.contentStart, outer.end);
  const fields = fieldsOf(series).map((field) => ({ number: field.number, content: contentOf(series, field) }));
  const labels = fields.filter(({ number }) => number === LABELS).map(({ content }) => labelOf(content));
  const name = labels.find(([key]) => key === "__name__")?.[1] ?? "";
  const others = labels.filter(([key]) => key !== "__name__").map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const content = fields.find(({ number }) => number === SAMPLES)?.content ?? new Uint8Array();
  return { series: others.length === 0 ? name : `${name}{${others.join(",")}}`, ...valueOf(content) };
}

function labelOf(label: Uint8Array): readonly [name: string, value: string] {
  const text = (number: number): string => {
    const field = fieldsOf(label).find((candidate) => candidate.number === number);
    return field === undefined ? "" : Buffer.from(contentOf(label, field)).toString("utf8");
  };
  return [text(1), text(2)];
}

/** A field that is not there has its type's zero (proto3). */
function valueOf(sample: Uint8Array): Pick<SampleText, "value" | "timestampMs"> {
  const fields = fieldsOf(sample);
  const value = fields.find(({ number }) => number === 1);
  const time = fields.find(({ number }) => number === 2);
  const view = new DataView(sample.buffer, sample.byteOffset, sample.length);
  return {
    value: numberText(value === undefined ? 0 : view.getFloat64(value.contentStart, true)),
    timestampMs: time === undefined ? 0 : Number(BigInt.asIntN(64, readVarint(sample, time.contentStart).value)),
  };
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function contentOf(message: Uint8Array, { contentStart, end }: Field): Uint8Array {
  return message.subarray(contentStart, end);
}

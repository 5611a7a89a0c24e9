// A series' labels, checked, sorted and encoded once, so that a sample costs two copies of bytes.

import type { Labels } from "../model/network.ts";
import type { RemoteWriteTypes } from "./proto.ts";

/** Encoded label fields of a TimeSeries; opaque to callers, made by `WriteRequestBuilder.template`. */
export interface SeriesTemplate {
  /** Labels that sort before the varying one; all of them where none varies. */
  readonly before: Uint8Array;
  /** The varying label's message up to its value's length: name field and the value's tag; null where none varies. */
  readonly varying: Uint8Array | null;
  readonly after: Uint8Array;
}

export interface SeriesName {
  readonly name: string;
  readonly labels: Labels;
  /** Name of the label whose value comes with each sample. */
  readonly varying?: string | undefined;
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Encodes `series` with `baseLabels`. Labels with an empty value are left out: they equal absent ones.
 * Throws on a name outside the specification's alphabet and on a label that is there twice (remote-write 1.0, "Labels").
 */
export function encodeTemplate(types: RemoteWriteTypes, baseLabels: Labels, series: SeriesName): SeriesTemplate {
  const { varying } = series;
  const labels = sortedLabels(baseLabels, series);
  if (varying === undefined) return { before: encodeLabels(types, labels), varying: null, after: new Uint8Array() };
  if (!LABEL_NAME.test(varying)) throw new Error(`ship: "${varying}" is not a label name`);
  if (labels.some(([name]) => name === varying)) throw new Error(`ship: label "${varying}" is there twice`);
  return {
    before: encodeLabels(
      types,
      labels.filter(([name]) => name < varying),
    ),
    varying: encodeVaryingHead(types, varying),
    after: encodeLabels(
      types,
      labels.filter(([name]) => name > varying),
    ),
  };
}

type Label = readonly [name: string, value: string];

/** Names are ASCII, so the order of UTF-16 code units is the byte order that the specification asks for. */
function sortedLabels(baseLabels: Labels, series: SeriesName): Label[] {
  if (!METRIC_NAME.test(series.name)) throw new Error(`ship: "${series.name}" is not a metric name`);
  const all: Label[] = [["__name__", series.name], ...Object.entries(baseLabels), ...Object.entries(series.labels)];
  const labels = all.filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  for (const [index, [name]] of labels.entries()) {
    if (!LABEL_NAME.test(name)) throw new Error(`ship: "${name}" is not a label name`);
    if (labels[index + 1]?.[0] === name) throw new Error(`ship: label "${name}" is there twice`);
  }
  return labels;
}

function encodeLabels(types: RemoteWriteTypes, labels: readonly Label[]): Uint8Array {
  const message = { labels: labels.map(([name, value]) => ({ name, value: wellFormed(value) })) };
  return types.TimeSeries.encode(message).finish();
}

/** A label with a one-byte value, without its frame (tag, length), the value and the value's length. */
function encodeVaryingHead(types: RemoteWriteTypes, name: string): Uint8Array {
  const label = types.TimeSeries.encode({ labels: [{ name, value: "x" }] }).finish();
  const frame = name.length + 5 < 128 ? 2 : 3;
  return label.subarray(frame, -2);
}

/** Lone surrogates become U+FFFD: protobufjs would write them as bytes that are not UTF-8, which receivers refuse. */
function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

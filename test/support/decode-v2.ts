// Decodes remote-write requests of both versions with protobufjs from the .proto files, independently of the agent's own
// encoders. Values are read as bits: a NaN keeps its payload.

import { readFileSync } from "node:fs";
import protobuf, { type Type } from "protobufjs";
import { uncompress } from "snappyjs";

const V1 = ["types.proto", "remote.proto"].map((name) => `prometheus/${name}`);
const V2 = ["io/prometheus/write/v2/types.proto"];

export interface BitSample {
  /** The 64 bits of the value. */
  readonly bits: bigint;
  readonly timestamp: bigint;
  /** 0 in remote-write 1.0. */
  readonly start: bigint;
}

export interface BitSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly samples: readonly BitSample[];
}

export interface SeriesV2 extends BitSeries {
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

interface RawSample {
  readonly value: string;
  readonly timestamp: string;
  readonly startTimestamp?: string;
}

/** A double and a fixed64 look the same on the wire (Protocol Buffers, "Encoding"). */
function typeOf(files: readonly string[], name: string): Type {
  const root = new protobuf.Root();
  for (const file of files) {
    const text = readFileSync(new URL(`../../proto/${file}`, import.meta.url), "utf8");
    protobuf.parse(text.replace("double value", "fixed64 value"), root);
  }
  return root.lookupType(name);
}

const requestV1 = typeOf(V1, "prometheus.WriteRequest");
const requestV2 = typeOf(V2, "io.prometheus.write.v2.Request");

const plain = (type: Type, body: Uint8Array): { readonly [field: string]: unknown } =>
  type.toObject(type.decode(uncompress(new Uint8Array(body))), { longs: String, defaults: true });

const toSample = ({ value, timestamp, startTimestamp = "0" }: RawSample): BitSample => ({
  bits: BigInt.asUintN(64, BigInt(value)),
  timestamp: BigInt(timestamp),
  start: BigInt(startTimestamp),
});

/** A 1.0 request of these series, uncompressed: what the agent's own builder refuses can be in it. */
export function encodeV1(all: readonly BitSeries[]): Uint8Array {
  const timeseries = all.map(({ labels, samples }) => ({
    labels: labels.map(([name, value]) => ({ name, value })),
    samples: samples.map(({ bits, timestamp }) => ({ value: longOf(bits), timestamp: longOf(timestamp) })),
  }));
  return requestV1.encode(requestV1.create({ timeseries })).finish();
}

export function decodeV1(body: Uint8Array): BitSeries[] {
  const { timeseries = [] } = plain(requestV1, body) as {
    timeseries?: { labels?: { name: string; value: string }[]; samples?: RawSample[] }[];
  };
  return timeseries.map(({ labels = [], samples = [] }) => ({
    labels: labels.map(({ name, value }) => [name, value]),
    samples: samples.map(toSample),
  }));
}

/** The series of a 2.0 request and its table of strings; throws where a reference points beyond it. */
export function decodeV2(body: Uint8Array): { readonly symbols: readonly string[]; readonly series: SeriesV2[] } {
  const { symbols = [], timeseries = [] } = plain(requestV2, body) as {
    symbols?: string[];
    timeseries?: {
      labelsRefs?: number[];
      samples?: RawSample[];
      metadata: { type: number; helpRef: number; unitRef: number };
    }[];
  };
  const at = (ref: number): string => {
    const symbol = symbols[ref];
    if (symbol === undefined) throw new Error(`there is no symbol ${ref}`);
    return symbol;
  };
  const series = timeseries.map(({ labelsRefs = [], samples = [], metadata }) => ({
    labels: pairs(labelsRefs.map(at)),
    samples: samples.map(toSample),
    type: metadata.type,
    help: at(metadata.helpRef),
    unit: at(metadata.unitRef),
  }));
  return { symbols, series };
}

/** The bits of a number. */
export function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function longOf(value: bigint): { low: number; high: number; unsigned: boolean } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}

function pairs(texts: readonly string[]): [string, string][] {
  if (texts.length % 2 !== 0) throw new Error("a label has no value");
  return Array.from({ length: texts.length / 2 }, (_, index) => [texts[2 * index] ?? "", texts[2 * index + 1] ?? ""]);
}

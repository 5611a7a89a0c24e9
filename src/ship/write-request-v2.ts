// A remote-write 2.0 request with the series and samples of a stored 1.0 request. The same request gives the same bytes;
// samples are copied as they are, the bits of their values included.

import { compress, uncompress } from "snappyjs";
import { ByteWriter } from "./byte-writer.ts";
import { metricMetadata } from "./metric-metadata.ts";
import { type Field, fieldsOf } from "./protobuf-fields.ts";
import { Symbols } from "./symbols.ts";

export interface RequestV2 {
  /** An io.prometheus.write.v2.Request in snappy's block format. */
  readonly body: Uint8Array;
  readonly samples: number;
}

// Field numbers of 1.0 (remote.proto, types.proto). A sample has the same fields in both.
const TIME_SERIES = 1;
const LABELS = 1;
const SAMPLES = 2;
const LABEL_NAME = 1;
const LABEL_VALUE = 2;
// Tags of 2.0 (write/v2/types.proto): number and wire type.
const SYMBOL_TAG = 0x22;
const SERIES_TAG = 0x2a;
const REFS_TAG = 0x0a;
const SAMPLE_TAG = 0x12;
const METADATA_TAG = 0x2a;
const TYPE_TAG = 0x08;
const HELP_TAG = 0x18;

const NAME_LABEL = "__name__";

/** Refs of a label's name and value; `metric` is the value where it is the metric's name. */
interface LabelRefs {
  readonly name: number;
  readonly value: number;
  readonly metric: string | null;
}

/** `body` is a stored WriteRequest. Throws on bytes that are none. */
export function toRequestV2(body: Uint8Array): RequestV2 {
  return new Converter(uncompress(new Uint8Array(body))).convert();
}

/** For one request. A start timestamp is not in what is stored: it stays unset. */
class Converter {
  readonly #request: Buffer;
  readonly #symbols = new Symbols();
  /** By a label's bytes: most series of a request share most labels. */
  readonly #labels = new Map<string, LabelRefs>();
  readonly #metadata = new Map<string, Uint8Array>();
  readonly #allSeries: ByteWriter;
  readonly #series = new ByteWriter(1024);
  readonly #refs = new ByteWriter(256);
  #samples = 0;

  constructor(request: Uint8Array) {
    this.#request = Buffer.from(request.buffer, request.byteOffset, request.length);
    this.#allSeries = new ByteWriter(request.length + 1024);
  }

  convert(): RequestV2 {
    for (const field of fieldsOf(this.#request)) if (field.number === TIME_SERIES) this.#convertSeries(field);
    const message = new ByteWriter(this.#allSeries.length + 16 * 1024);
    for (const symbol of this.#symbols.contents()) message.field(SYMBOL_TAG, symbol);
    message.bytes(this.#allSeries.written);
    // A plain Uint8Array, so that snappyjs copies it to its size.
    return { body: compress(new Uint8Array(message.written)), samples: this.#samples };
  }

  #convertSeries({ contentStart, end }: Field): void {
    const content = this.#request.subarray(contentStart, end);
    const fields = fieldsOf(content);
    this.#series.clear();
    const metric = this.#writeRefs(content, fields);
    for (const field of fields) {
      if (field.number !== SAMPLES) continue;
      this.#series.field(SAMPLE_TAG, content.subarray(field.contentStart, field.end));
      this.#samples += 1;
    }
    this.#series.field(METADATA_TAG, this.#metadataOf(metric));
    this.#allSeries.field(SERIES_TAG, this.#series.written);
  }

  /** Returns the metric's name. */
  #writeRefs(content: Buffer, fields: readonly Field[]): string {
    let metric = "";
    this.#refs.clear();
    for (const field of fields) {
      if (field.number !== LABELS) continue;
      const label = this.#labelOf(content.toString("latin1", field.contentStart, field.end));
      this.#refs.varint(label.name);
      this.#refs.varint(label.value);
      metric = label.metric ?? metric;
    }
    this.#series.field(REFS_TAG, this.#refs.written);
    return metric;
  }

  #labelOf(bytes: string): LabelRefs {
    const known = this.#labels.get(bytes);
    if (known !== undefined) return known;
    const label = Buffer.from(bytes, "latin1");
    const fields = fieldsOf(label);
    const text = (number: number): string => {
      const field = fields.findLast((candidate) => candidate.number === number);
      return field === undefined ? "" : label.toString("latin1", field.contentStart, field.end);
    };
    const [name, value] = [text(LABEL_NAME), text(LABEL_VALUE)];
    const metric = name === NAME_LABEL ? value : null;
    const refs = { name: this.#symbols.ref(name), value: this.#symbols.ref(value), metric };
    this.#labels.set(bytes, refs);
    return refs;
  }

  #metadataOf(metric: string): Uint8Array {
    const known = this.#metadata.get(metric);
    if (known !== undefined) return known;
    const { type, help } = metricMetadata(metric);
    const writer = new ByteWriter(16);
    writer.varint(TYPE_TAG);
    writer.varint(type);
    if (help !== "") {
      writer.varint(HELP_TAG);
      writer.varint(this.#symbols.ref(Buffer.from(help, "utf8").toString("latin1")));
    }
    this.#metadata.set(metric, writer.written);
    return writer.written;
  }
}

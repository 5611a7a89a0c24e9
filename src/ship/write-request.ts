// Builds remote-write 1.0 request bodies, at most `maxSamples` samples each, encoded and compressed once.
// The hot path splices a template's bytes and one sample into one reused buffer; no object outlives a call.

import type { Labels } from "../model/network.ts";
import { Compressor } from "./compressor.ts";
import { type RemoteWriteTypes, loadRemoteWriteTypes } from "./proto.ts";
import { type SeriesTemplate, encodeTemplate } from "./series-template.ts";
import { varintLength, writeVarint } from "./varint.ts";

export type { SeriesTemplate } from "./series-template.ts";

export interface EncodedRequest {
  /** A WriteRequest in snappy's block format, as it is sent. */
  readonly body: Uint8Array;
  readonly samples: number;
}

export interface WriteRequestOptions {
  /** Samples of one request; remote-write senders commonly send 2,000. */
  readonly maxSamples: number;
  /** Labels of every series: instance, job and the configured external ones. */
  readonly baseLabels: Labels;
  emit(this: void, request: EncodedRequest): void;
}

// Field numbers and wire types of remote.proto and types.proto.
const TIME_SERIES = 0x0a;
const LABELS = 0x0a;
const SAMPLES = 0x12;
const SAMPLE_VALUE = 0x09;
const SAMPLE_TIMESTAMP = 0x10;

const INITIAL_BYTES = 512 * 1024;
/** Tags and lengths around a series (1 + 5), its varying label (1 + 5) and its value (5), and a whole sample (22). */
const FRAMING_BYTES = 39;
/** Offset of the value in an encoded sample: tag, length, tag. */
const VALUE_OFFSET = 3;

/** One TimeSeries carries one sample. A caller keeps a series' samples of one request to one timestamp. */
export class WriteRequestBuilder {
  readonly #options: WriteRequestOptions;
  readonly #types: RemoteWriteTypes;
  readonly #compressor = new Compressor();
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;
  #samples = 0;
  /** The time that `#sample` holds; NaN before the first. */
  #sampleTimeMs = Number.NaN;
  #sample = new Uint8Array();
  #sampleView = new DataView(new ArrayBuffer(0));

  /** Reads the .proto files. */
  constructor(options: WriteRequestOptions) {
    this.#options = options;
    this.#types = loadRemoteWriteTypes();
  }

  /**
   * Prepares a series' labels, once; `varying` names the label whose value comes with each sample.
   * Throws on a label that is there twice, base labels included, and on a name that is none.
   */
  template(name: string, labels: Labels, varying?: string): SeriesTemplate {
    return encodeTemplate(this.#types, this.#options.baseLabels, { name, labels, varying });
  }

  /**
   * Appends one sample and emits when the request is full. Throws on NaN, on a time that is not a whole number of ms
   * since the epoch, and on a varying value for a template in which no label varies.
   */
  add(template: SeriesTemplate, value: number, timeMs: number, varyingValue = ""): void {
    if (Number.isNaN(value)) throw new Error("ship: a sample must not be NaN: leave it out");
    if (varyingValue !== "" && template.varying === null) throw new Error("ship: this series has no varying label");
    if (timeMs !== this.#sampleTimeMs) this.#encodeTime(timeMs);
    this.#sampleView.setFloat64(VALUE_OFFSET, value, true);
    this.#reserve(template, varyingValue);
    this.#appendSeries(template, varyingValue);
    this.#samples += 1;
    if (this.#samples === this.#options.maxSamples) this.flush();
  }

  /** Emits what is pending, if anything. */
  flush(): void {
    if (this.#samples === 0) return;
    const body = this.#compressor.compress(this.#bytes.subarray(0, this.#length));
    const request = { body, samples: this.#samples };
    this.#length = 0;
    this.#samples = 0;
    this.#options.emit(request);
  }

  #appendSeries(template: SeriesTemplate, value: string): void {
    const valueBytes = utf8Length(value);
    const labelBytes = labelLength(template, valueBytes);
    const labelField = labelBytes === 0 ? 0 : 1 + varintLength(labelBytes) + labelBytes;
    const fixedBytes = template.before.length + template.after.length + this.#sample.length;
    this.#bytes[this.#length] = TIME_SERIES;
    this.#length = writeVarint(this.#bytes, this.#length + 1, fixedBytes + labelField);
    this.#append(template.before);
    if (labelBytes !== 0 && template.varying !== null) {
      this.#bytes[this.#length] = LABELS;
      this.#length = writeVarint(this.#bytes, this.#length + 1, labelBytes);
      this.#append(template.varying);
      this.#length = writeVarint(this.#bytes, this.#length, valueBytes);
      this.#appendText(value, valueBytes);
    }
    this.#append(template.after);
    this.#append(this.#sample);
  }

  #append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #appendText(text: string, bytes: number): void {
    if (bytes === text.length) {
      for (let index = 0; index < bytes; index += 1) this.#bytes[this.#length + index] = text.charCodeAt(index);
      this.#length += bytes;
    } else this.#append(Buffer.from(text, "utf8"));
  }

  #reserve(template: SeriesTemplate, value: string): void {
    const needed =
      this.#length +
      template.before.length +
      template.after.length +
      (template.varying?.length ?? 0) +
      3 * value.length +
      FRAMING_BYTES;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  /** The samples of a window share their time: its bytes are kept, and only the value is written for each. */
  #encodeTime(timeMs: number): void {
    if (!Number.isSafeInteger(timeMs) || timeMs < 0)
      throw new Error(`ship: ${timeMs} is no time in ms since the epoch`);
    const timeBytes = varintLength(timeMs);
    const sample = new Uint8Array(VALUE_OFFSET + 8 + 1 + timeBytes);
    sample.set([SAMPLES, sample.length - 2, SAMPLE_VALUE]);
    sample[VALUE_OFFSET + 8] = SAMPLE_TIMESTAMP;
    writeVarint(sample, VALUE_OFFSET + 9, timeMs);
    this.#sample = sample;
    this.#sampleView = new DataView(sample.buffer);
    this.#sampleTimeMs = timeMs;
  }
}

/** Bytes of the varying label's message; 0 where there is none to write. */
function labelLength({ varying }: SeriesTemplate, valueBytes: number): number {
  return valueBytes === 0 || varying === null ? 0 : varying.length + varintLength(valueBytes) + valueBytes;
}

/** UTF-8 bytes of `text`; for ASCII its length, found without a call into the runtime. */
function utf8Length(text: string): number {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 127) return Buffer.byteLength(text, "utf8");
  }
  return text.length;
}

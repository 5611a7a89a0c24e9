// The series of a remote-write message, each once, with the samples of all its occurrences in their order. One object
// serves message after message: a backlog has thousands of each, and what they are noted in would be garbage every time.

import { areSame, hashOf, LabelIndex } from "./label-index.ts";
import { varintLength, writeVarint } from "./varint.ts";

/** A series is a row of whole numbers: where its labels are in the message, its first and last sample, bytes of content. */
const SERIES_ROW = 5;
const LABELS_START = 0;
const LABELS_END = 1;
const FIRST = 2;
const LAST = 3;
const CONTENT_BYTES = 4;
/** A sample too: where it is in the message, and the next one of the same series. */
const SAMPLE_ROW = 3;
const START = 0;
const END = 1;
const NEXT = 2;
const NONE = -1;

const INITIAL_ROWS = 4096;

// Tags of remote.proto and types.proto: field number and wire type.
const TIME_SERIES = 0x0a;
const LABELS = 0x0a;
const SAMPLES = 0x12;

export class SeriesJoin {
  #message: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #series = new Int32Array(INITIAL_ROWS * SERIES_ROW);
  #samples = new Int32Array(INITIAL_ROWS * SAMPLE_ROW);
  #seriesEnd = 0;
  #samplesEnd = 0;
  readonly #index = new LabelIndex();
  /** Row of the series that probably comes next: a window mostly has those of the one before, in the same order. */
  #expected = 0;
  #end = 0;

  /**
   * Reads a message in the form that `WriteRequestBuilder` gives it: labels first. It must stay as it is until it is
   * written. Returns the bytes of the joined one. Throws on any other form.
   */
  read(message: Uint8Array): number {
    this.#begin(message);
    for (let offset = 0; offset < message.length;) {
      if (message[offset] !== TIME_SERIES) throw new Error(`ship: there is no series at byte ${offset}`);
      const start = this.#readLength(offset + 1);
      offset = this.#end;
      this.#add(start, offset);
    }
    return this.#joinedLength();
  }

  /** Writes the joined message to the beginning of `bytes`. */
  writeTo(bytes: Uint8Array): void {
    let offset = 0;
    for (let row = 0; row < this.#seriesEnd; row += SERIES_ROW) {
      bytes[offset] = TIME_SERIES;
      offset = writeVarint(bytes, offset + 1, this.#of(row, CONTENT_BYTES));
      offset = this.#copyLabels(bytes, offset, row);
      for (let sample = this.#of(row, FIRST); sample !== NONE; sample = this.#samples[sample + NEXT] ?? NONE) {
        offset = this.#copySample(bytes, offset, sample);
      }
    }
  }

  #begin(message: Uint8Array): void {
    this.#message = message;
    this.#view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    [this.#seriesEnd, this.#samplesEnd, this.#expected] = [0, 0, 0];
    this.#index.clear();
  }

  #joinedLength(): number {
    let length = 0;
    for (let row = 0; row < this.#seriesEnd; row += SERIES_ROW) {
      const contentBytes = this.#of(row, CONTENT_BYTES);
      length += 1 + varintLength(contentBytes) + contentBytes;
    }
    return length;
  }

  #of(row: number, column: number): number {
    return this.#series[row + column] ?? 0;
  }

  #copyLabels(bytes: Uint8Array, offset: number, row: number): number {
    const [start, end] = [this.#of(row, LABELS_START), this.#of(row, LABELS_END)];
    bytes.set(this.#message.subarray(start, end), offset);
    return offset + end - start;
  }

  /** For the twenty bytes of a sample a loop is faster than a call into the runtime. */
  #copySample(bytes: Uint8Array, offset: number, sample: number): number {
    const message = this.#message;
    const start = this.#samples[sample + START] ?? 0;
    const length = (this.#samples[sample + END] ?? 0) - start;
    for (let index = 0; index < length; index += 1) bytes[offset + index] = message[start + index] ?? 0;
    return offset + length;
  }

  /** A series with its samples is in the message from `start` to `end`. */
  #add(start: number, end: number): void {
    const row = this.#expected;
    const samplesStart = start + this.#of(row, LABELS_END) - this.#of(row, LABELS_START);
    if (row < this.#seriesEnd && samplesStart < end && this.#hasLabels(row, start, samplesStart)) {
      this.#append(row, samplesStart, end);
    } else this.#find(start, end);
  }

  #find(start: number, end: number): void {
    const labelsEnd = this.#labelsEnd(start, end);
    const hash = hashOf(this.#view, start, labelsEnd);
    const isSame = (series: number): boolean => {
      const row = series * SERIES_ROW;
      return (
        this.#of(row, LABELS_END) - this.#of(row, LABELS_START) === labelsEnd - start &&
        this.#hasLabels(row, start, labelsEnd)
      );
    };
    const known = this.#index.find(hash, isSame);
    if (known >= 0) return this.#append(known * SERIES_ROW, labelsEnd, end);
    this.#index.add(hash);
    this.#addSeries(start, labelsEnd, end);
  }

  #addSeries(start: number, labelsEnd: number, end: number): void {
    const sample = this.#addSample(labelsEnd, end);
    const row = this.#seriesEnd;
    this.#seriesEnd += SERIES_ROW;
    if (this.#seriesEnd > this.#series.length) this.#series = twice(this.#series);
    this.#series[row + LABELS_START] = start;
    this.#series[row + LABELS_END] = labelsEnd;
    this.#series[row + FIRST] = sample;
    this.#series[row + LAST] = sample;
    this.#series[row + CONTENT_BYTES] = end - start;
    this.#expected = 0;
  }

  /** Whether the labels of the series at `row` are, byte by byte, from `start` to `end`, and samples follow. */
  #hasLabels(row: number, start: number, end: number): boolean {
    if (this.#message[end] !== SAMPLES) return false;
    return areSame(this.#view, [this.#of(row, LABELS_START), start], end - start);
  }

  #labelsEnd(start: number, end: number): number {
    let offset = start;
    while (offset < end && this.#message[offset] === LABELS) {
      this.#readLength(offset + 1);
      offset = this.#end;
    }
    if (offset >= end || this.#message[offset] !== SAMPLES) throw new Error(`ship: no sample at byte ${offset}`);
    return offset;
  }

  #append(row: number, start: number, end: number): void {
    const sample = this.#addSample(start, end);
    this.#samples[this.#of(row, LAST) + NEXT] = sample;
    this.#series[row + LAST] = sample;
    this.#series[row + CONTENT_BYTES] = this.#of(row, CONTENT_BYTES) + end - start;
    const next = row + SERIES_ROW;
    this.#expected = next < this.#seriesEnd ? next : 0;
  }

  #addSample(start: number, end: number): number {
    const sample = this.#samplesEnd;
    this.#samplesEnd += SAMPLE_ROW;
    if (this.#samplesEnd > this.#samples.length) this.#samples = twice(this.#samples);
    this.#samples[sample + START] = start;
    this.#samples[sample + END] = end;
    this.#samples[sample + NEXT] = NONE;
    return sample;
  }

  /** Where a field's content starts whose length is at `offset`; its end is in `#end`. */
  #readLength(offset: number): number {
    const message = this.#message;
    let length = 0;
    let at = offset;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at] ?? 0;
      length += (byte & 0x7f) * scale;
      at += 1;
      if (byte < 0x80) break;
    }
    this.#end = at + length;
    if (this.#end > message.length) throw new Error(`ship: a field at byte ${offset} goes beyond its message`);
    return at;
  }
}

function twice(column: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * column.length);
  grown.set(column);
  return grown;
}

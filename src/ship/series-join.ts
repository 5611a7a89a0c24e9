// The series of a remote-write message, each once, with the samples of all its occurrences in their order.

import { varintLength, writeVarint } from "./varint.ts";

interface Series {
  /** Its labels: these bytes of the message. */
  readonly labelsStart: number;
  readonly labelsEnd: number;
  /** Its samples are a list, by index into `#samples`. */
  readonly first: number;
  last: number;
  contentBytes: number;
}

/** Where samples are in the message, and the next one of the same series (-1: none). As columns: there are thousands. */
interface Samples {
  readonly starts: number[];
  readonly ends: number[];
  readonly next: number[];
}

// Tags of remote.proto and types.proto: field number and wire type.
const TIME_SERIES = 0x0a;
const LABELS = 0x0a;
const SAMPLES = 0x12;

export class SeriesJoin {
  readonly #message: Buffer;
  readonly #series: Series[] = [];
  readonly #samples: Samples = { starts: [], ends: [], next: [] };
  readonly #known = new Map<string, number>();
  /** Of the series that probably comes next: a window mostly has those of the one before, in the same order. */
  #expected = 0;
  #length = 0;
  #end = 0;

  /** Of a message in the form that `WriteRequestBuilder` gives it: labels first. Throws on any other. */
  constructor(message: Buffer) {
    this.#message = message;
    for (let offset = 0; offset < message.length;) {
      if (message[offset] !== TIME_SERIES) throw new Error(`ship: there is no series at byte ${offset}`);
      const start = this.#readLength(offset + 1);
      offset = this.#end;
      this.#add(start, offset);
    }
    for (const { contentBytes } of this.#series) this.#length += 1 + varintLength(contentBytes) + contentBytes;
  }

  /** Bytes of the joined message. */
  get length(): number {
    return this.#length;
  }

  /** Writes the joined message to the beginning of `bytes`. */
  writeTo(bytes: Uint8Array): void {
    const { starts, ends, next } = this.#samples;
    let offset = 0;
    for (const { labelsStart, labelsEnd, first, contentBytes } of this.#series) {
      bytes[offset] = TIME_SERIES;
      offset = writeVarint(bytes, offset + 1, contentBytes);
      this.#message.copy(bytes, offset, labelsStart, labelsEnd);
      offset += labelsEnd - labelsStart;
      for (let sample = first; sample >= 0; sample = next[sample] ?? -1) {
        offset = this.#copy(bytes, offset, starts[sample] ?? 0, ends[sample] ?? 0);
      }
    }
  }

  /** For the twenty bytes of a sample a loop is faster than a call into the runtime. */
  #copy(bytes: Uint8Array, offset: number, start: number, end: number): number {
    for (let index = start; index < end; index += 1) bytes[offset + index - start] = this.#message[index] ?? 0;
    return offset + end - start;
  }

  /** A series with its samples is in the message from `start` to `end`. */
  #add(start: number, end: number): void {
    const expected = this.#series[this.#expected];
    if (expected !== undefined && this.#hasLabelsOf(expected, start, end)) {
      this.#append(expected, start + expected.labelsEnd - expected.labelsStart, end);
      this.#expect(this.#expected + 1);
    } else this.#find(start, end);
  }

  #find(start: number, end: number): void {
    const labelsEnd = this.#labelsEnd(start, end);
    const labels = this.#message.toString("latin1", start, labelsEnd);
    const index = this.#known.get(labels);
    const known = index === undefined ? undefined : this.#series[index];
    if (known !== undefined && index !== undefined) {
      this.#append(known, labelsEnd, end);
      this.#expect(index + 1);
      return;
    }
    this.#known.set(labels, this.#series.length);
    const sample = this.#push(labelsEnd, end);
    const contentBytes = end - start;
    this.#series.push({ labelsStart: start, labelsEnd, first: sample, last: sample, contentBytes });
    this.#expect(this.#series.length);
  }

  #expect(index: number): void {
    this.#expected = index < this.#series.length ? index : 0;
  }

  #hasLabelsOf({ labelsStart, labelsEnd }: Series, start: number, end: number): boolean {
    const samplesStart = start + labelsEnd - labelsStart;
    if (samplesStart >= end || this.#message[samplesStart] !== SAMPLES) return false;
    return this.#message.compare(this.#message, labelsStart, labelsEnd, start, samplesStart) === 0;
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

  #append(series: Series, start: number, end: number): void {
    const sample = this.#push(start, end);
    this.#samples.next[series.last] = sample;
    series.last = sample;
    series.contentBytes += end - start;
  }

  #push(start: number, end: number): number {
    const { starts, ends, next } = this.#samples;
    ends.push(end);
    next.push(-1);
    return starts.push(start) - 1;
  }

  /** Where a field's content starts whose length is at `offset`; its end is in `#end`. */
  #readLength(offset: number): number {
    let length = 0;
    let at = offset;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#message[at] ?? 0;
      length += (byte & 0x7f) * scale;
      at += 1;
      if (byte < 0x80) break;
    }
    this.#end = at + length;
    if (this.#end > this.#message.length) throw new Error(`ship: a field at byte ${offset} goes beyond its message`);
    return at;
  }
}

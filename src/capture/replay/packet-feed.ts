// The way of packets from a file parser to their consumer: one reused record, and the tally of what passed.

/** One packet. The object is reused: what is to be kept must be copied out before `packet` returns. */
export interface PacketRecord {
  /** Holds the frame at [offset, offset + capturedLength). */
  readonly frame: Uint8Array;
  readonly offset: number;
  readonly capturedLength: number;
  /** Bytes before the snap length cut the frame. */
  readonly wireLength: number;
  /** Whole milliseconds since the epoch, rounded down. */
  readonly timeMs: number;
  /** A LINKTYPE_ number that the decoder supports. */
  readonly linkType: number;
}

export interface PacketSink {
  packet(record: PacketRecord): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class PacketFeed {
  readonly #sink: PacketSink;
  /** The parser fills this in, then calls `emit`. */
  readonly record: Mutable<PacketRecord>;
  packets = 0;
  /** The earliest and the latest time: rotated and merged files are not always in order. */
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(sink: PacketSink) {
    this.#sink = sink;
    const frame = new Uint8Array();
    this.record = { frame, offset: 0, capturedLength: 0, wireLength: 0, timeMs: 0, linkType: 0 };
  }

  get firstMs(): number | null {
    return this.packets === 0 ? null : this.#firstMs;
  }

  get lastMs(): number | null {
    return this.packets === 0 ? null : this.#lastMs;
  }

  emit(): void {
    const { timeMs } = this.record;
    this.packets++;
    if (timeMs < this.#firstMs) this.#firstMs = timeMs;
    if (timeMs > this.#lastMs) this.#lastMs = timeMs;
    this.#sink.packet(this.record);
  }
}

// Meters the packets of a capture file into windows by the packets' own time. Files are nearly in order: a few windows
// are open at once, the one longest unused makes room for another, and may come back.

import { floorTo } from "../../model/time.ts";
import type { UsageColumns, WindowTotals } from "../../model/window.ts";
import { FrameDecoder } from "../decode.ts";
import { Meter } from "../meter.ts";
import type { NetworkTable } from "../network-table.ts";
import type { PacketRecord, PacketSink } from "./packet-feed.ts";

export interface FileMeterOptions {
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly networks: NetworkTable;
  /** Takes what was counted for a window; there may be more than one part of a window. */
  readonly part: (startMs: number, usage: UsageColumns, totals: WindowTotals) => void;
}

interface OpenWindow {
  startMs: number;
  readonly meter: Meter;
}

const MAX_OPEN_WINDOWS = 4;

export class FileMeter implements PacketSink {
  readonly #options: FileMeterOptions;
  /** Most recently used last. */
  readonly #open: OpenWindow[] = [];
  readonly #decoders = new Map<number, FrameDecoder>();
  #current: OpenWindow | null = null;
  #decoder: FrameDecoder | null = null;
  #linkType = -1;

  constructor(options: FileMeterOptions) {
    this.#options = options;
  }

  packet(record: PacketRecord): void {
    let current = this.#current;
    if (!current || record.timeMs < current.startMs || record.timeMs >= current.startMs + this.#options.windowMs) {
      current = this.#windowOf(record.timeMs);
    }
    let decoder = this.#decoder;
    if (!decoder || record.linkType !== this.#linkType) decoder = this.#decoderOf(record.linkType);
    decoder.decode(record.frame, record.offset, record.capturedLength, record.wireLength);
    current.meter.count(decoder);
  }

  /** Hands over what is still open. */
  finish(): void {
    for (const window of this.#open.splice(0)) this.#handOver(window);
    this.#current = null;
  }

  #windowOf(timeMs: number): OpenWindow {
    const startMs = floorTo(timeMs, this.#options.windowMs);
    const at = this.#open.findIndex((window) => window.startMs === startMs);
    const [known] = at < 0 ? [] : this.#open.splice(at, 1);
    const window = known ?? this.#begin(startMs);
    this.#open.push(window);
    this.#current = window;
    return window;
  }

  #begin(startMs: number): OpenWindow {
    if (this.#open.length < MAX_OPEN_WINDOWS) {
      return { startMs, meter: new Meter(this.#options.networks, this.#options.maxAddresses) };
    }
    const [oldest] = this.#open.splice(0, 1);
    if (!oldest) throw new Error("capture: no window to make room");
    this.#handOver(oldest);
    oldest.startMs = startMs;
    return oldest;
  }

  #handOver({ startMs, meter }: OpenWindow): void {
    const { usage, totals } = meter.take();
    this.#options.part(startMs, usage, totals);
  }

  #decoderOf(linkType: number): FrameDecoder {
    const known = this.#decoders.get(linkType) ?? new FrameDecoder(linkType);
    this.#decoders.set(linkType, known);
    this.#decoder = known;
    this.#linkType = linkType;
    return known;
  }
}

// Counts decoded frames for the accounted addresses of the open window. Every frame and every byte of IP lands where
// WindowTotals says, also when the table of addresses is full. Allocates only when it sees a new address.

import { emptyTotals, type UsageColumns, type WindowTotals } from "../model/window.ts";
import { AddressTable } from "./address-table.ts";
import { type DecodedFrame, FrameKind } from "./decoded-frame.ts";
import type { NetworkTable } from "./network-table.ts";

/** The row of an address that is not accounted. */
const UNACCOUNTED = -1;

export class Meter {
  readonly #networks: NetworkTable;
  readonly #table: AddressTable;
  #totals = emptyTotals();

  /** At most `maxAddresses` addresses have counters of their own in a window. */
  constructor(networks: NetworkTable, maxAddresses: number) {
    this.#networks = networks;
    this.#table = new AddressTable(maxAddresses);
  }

  /** Frames counted since the last `take`. */
  get frames(): number {
    return this.#totals.frames;
  }

  count(frame: DecodedFrame): void {
    this.#totals.frames++;
    if (frame.kind === FrameKind.ip) this.#countPacket(frame);
    else if (frame.kind === FrameKind.nonIp) this.#totals.nonIpFrames++;
    else this.#totals.parseFailures++;
  }

  /** Hands over what was counted, as copies, and starts again from zero. */
  take(): { usage: UsageColumns; totals: WindowTotals } {
    const taken = { usage: this.#table.columns(), totals: { ...this.#totals, ...this.#table.overflow() } };
    this.#table.clear();
    this.#totals = emptyTotals();
    return taken;
  }

  #countPacket(frame: DecodedFrame): void {
    const bytes = frame.bytes;
    const source = this.#rowOf(frame.source0, frame.source1, frame.source2, frame.source3);
    const destination = this.#rowOf(frame.destination0, frame.destination1, frame.destination2, frame.destination3);
    if (source !== UNACCOUNTED) this.#table.addOut(source, bytes, 1);
    if (destination !== UNACCOUNTED) this.#table.addIn(destination, bytes, 1);
    this.#countTotals(bytes, Number(source !== UNACCOUNTED) + Number(destination !== UNACCOUNTED));
  }

  #countTotals(bytes: number, accountedEnds: number): void {
    const totals = this.#totals;
    totals.ipPackets++;
    totals.ipBytes += bytes;
    if (accountedEnds === 0) {
      totals.unaccountedPackets++;
      totals.unaccountedBytes += bytes;
    } else if (accountedEnds === 2) {
      totals.internalPackets++;
      totals.internalBytes += bytes;
    }
  }

  #rowOf(w0: number, w1: number, w2: number, w3: number): number {
    if (!this.#networks.mayHold(w0, w1, w2, w3)) return UNACCOUNTED;
    const row = this.#table.find(w0, w1, w2, w3);
    return row >= 0 ? row : this.#admit(w0, w1, w2, w3);
  }

  #admit(w0: number, w1: number, w2: number, w3: number): number {
    const network = this.#networks.lookup(w0, w1, w2, w3);
    if (network < 0) return UNACCOUNTED;
    if (this.#table.isFull) return this.#table.overflowRow(network);
    return this.#table.insert(network, [w0 >>> 0, w1 >>> 0, w2 >>> 0, w3 >>> 0]);
  }
}

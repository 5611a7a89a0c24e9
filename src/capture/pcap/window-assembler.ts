// Puts the parts of one interface's windows together, in the agent. The parts of a window may come from several capture
// children, one after another; what lies between them was not observed.

import type { Network } from "../../model/network.ts";
import type { WindowQuality, WindowUsage } from "../../model/window.ts";
import { UsageAccumulator } from "../usage-accumulator.ts";
import type { WindowPart } from "./live-meter.ts";

interface Pending {
  readonly startMs: number;
  readonly endMs: number;
  readonly networksVersion: number;
  readonly usage: UsageAccumulator;
  quality: WindowQuality;
}

export class WindowAssembler {
  readonly #interface: string;
  readonly #maxAddresses: number;
  readonly #names = new Map<number, readonly string[]>();
  #pending: Pending | null = null;

  constructor(interfaceName: string, maxAddresses: number) {
    this.#interface = interfaceName;
    this.#maxAddresses = maxAddresses;
  }

  /** Tells which networks a version of the configured list has. */
  setNetworks(version: number, networks: readonly Network[]): void {
    this.#names.set(
      version,
      networks.map((network) => network.name),
    );
  }

  /** End of the window that is being put together; null where there is none. */
  get pendingEndMs(): number | null {
    return this.#pending?.endMs ?? null;
  }

  /** Adds a part and returns the windows that are closed by it, oldest first. */
  add(part: WindowPart): readonly WindowUsage[] {
    const closed: WindowUsage[] = [];
    const pending = this.#pending;
    // A child that starts later may find another window, or the same one with changed networks.
    if (pending && (pending.startMs !== part.startMs || pending.networksVersion !== part.networksVersion)) {
      closed.push(...this.take());
    }
    const current = (this.#pending ??= this.#begin(part));
    current.usage.add(part.usage, part.totals);
    current.quality = addQuality(current.quality, part);
    if (part.last) closed.push(...this.take());
    return closed;
  }

  /** The pending window as it is now, if any; the next part begins another. */
  take(): readonly WindowUsage[] {
    const pending = this.#pending;
    if (!pending) return [];
    this.#pending = null;
    const { startMs, endMs, networksVersion, quality } = pending;
    const networks = this.#names.get(networksVersion) ?? [];
    for (const version of this.#names.keys()) if (version < networksVersion) this.#names.delete(version);
    return [{ interface: this.#interface, source: null, startMs, endMs, networks, quality, ...pending.usage.take() }];
  }

  #begin({ startMs, endMs, networksVersion }: WindowPart): Pending {
    const quality = { observedMs: 0, droppedFrames: 0, interfaceFrames: 0, clockStepMs: 0 };
    return { startMs, endMs, networksVersion, usage: new UsageAccumulator(this.#maxAddresses), quality };
  }
}

function addQuality(sum: WindowQuality, part: WindowPart): WindowQuality {
  return {
    observedMs: sum.observedMs + part.toMs - part.fromMs,
    droppedFrames: addKnown(sum.droppedFrames, part.droppedFrames),
    interfaceFrames: addKnown(sum.interfaceFrames, part.interfaceFrames),
    clockStepMs: 0,
  };
}

/** A sum of which one part is not known is not known. */
function addKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

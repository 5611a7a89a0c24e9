// Adds up what several sources counted in one window under the same networks. Bounded like the meter: an address that
// finds no room goes to its network's overflow row.

import { type Address, addressAt } from "../model/address.ts";
import { addTotals, emptyTotals, type UsageColumns, type WindowTotals } from "../model/window.ts";
import { AddressTable } from "./address-table.ts";

export class UsageAccumulator {
  readonly #table: AddressTable;
  #totals: WindowTotals = emptyTotals();

  /** At most `maxAddresses` pairs of address and network have counters of their own. */
  constructor(maxAddresses: number) {
    this.#table = new AddressTable(maxAddresses);
  }

  /** The network indices must mean the same networks in every part. */
  add(usage: UsageColumns, totals: WindowTotals): void {
    for (let from = 0; from < usage.length; from++) {
      const row = this.#rowOf(usage.networks[from] ?? 0, addressAt(usage.addresses, from));
      this.#table.addIn(row, usage.bytesIn[from] ?? 0, usage.packetsIn[from] ?? 0);
      this.#table.addOut(row, usage.bytesOut[from] ?? 0, usage.packetsOut[from] ?? 0);
    }
    this.#totals = addTotals(this.#totals, totals);
  }

  /** Hands over the sum, as copies, and starts again from zero. */
  take(): { usage: UsageColumns; totals: WindowTotals } {
    const taken = { usage: this.#table.columns(), totals: { ...this.#totals, ...this.#table.overflow() } };
    this.#table.clear();
    this.#totals = emptyTotals();
    return taken;
  }

  #rowOf(network: number, address: Address): number {
    const row = this.#table.findIn(network, address);
    return row >= 0 ? row : this.#table.insert(network, address);
  }
}

// The networks that the ledger knows, by name. A change of what their series are called ends the old series and lets
// the new ones start from the same totals, with a sample of the total before they grow. The labels that intervals were
// pushed with stay (network_labels, which triggers keep).

import type { Labels, Network } from "../model/network.ts";
import { KEEP_NEWEST } from "./counter-windows.ts";
import type { Database } from "./database.ts";

const SERIES_IDENTITY = "series_identity";

/** Series stop where they are: the next sample of an address is that of a series that returns. */
const RETIRE = `
  UPDATE address SET live = 0,
    last_sample_ms = (SELECT last_sample_ms FROM interface WHERE interface.id = address.interface_id)
  WHERE live = 1`;

/** Leaves their last time stamp behind: a series that returns under its old name has no second sample there. */
const MOVE_ON = "UPDATE interface SET last_sample_ms = last_sample_ms + 1 WHERE last_sample_ms > 0";

export class NetworkRegistry {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Brings the ledger's networks and base labels (instance, external labels) up to the configuration. */
  configure(networks: readonly Network[], baseLabels: Labels): void {
    this.#database.transaction(() => {
      if (this.#changeSetting(SERIES_IDENTITY, JSON.stringify(sorted(baseLabels)))) this.retireAll();
      for (const network of networks) this.#upsert(network);
    })();
  }

  /** Makes networks that are not known: a kernel's window may be older than the ledger that it is handed to. */
  ensure(names: readonly string[]): void {
    const insert = this.#database.prepare(
      "INSERT INTO network (name, labels, bill_by) VALUES (?, '{}', 'network') ON CONFLICT (name) DO NOTHING",
    );
    for (const name of names) insert.run(name);
  }

  /** Ends the series of networks that are no longer configured. */
  retireOthers(networks: readonly Network[]): void {
    const known = this.#database.prepare("SELECT id, name FROM network").all() as { id: number; name: string }[];
    const current = new Set(networks.map(({ name }) => name));
    const retired = known.filter(({ id, name }) => !current.has(name) && this.#retire(id));
    if (retired.length > 0) this.#moveOn();
  }

  /** Ends all live series, so that a receiver that has none of them first sees their totals as they are now. */
  retireAll(): void {
    this.#database.prepare(RETIRE).run();
    this.#moveOn();
  }

  /** True where there was one to end. */
  #retire(networkId: number): boolean {
    return this.#database.prepare(`${RETIRE} AND network_id = ?`).run(networkId).changes > 0;
  }

  /** Also where no series is live: one that just went idle has a last sample, but none under another name. */

  #moveOn(): void {
    this.#database.prepare(MOVE_ON).run();
    this.#database.prepare(KEEP_NEWEST).run();
  }

  #upsert({ name, labels, billBy }: Network): void {
    const text = JSON.stringify(sorted(labels));
    const row = this.#database.prepare("SELECT id, labels FROM network WHERE name = ?").get(name);
    const known = row as { id: number; labels: string } | undefined;
    if (known && known.labels !== text) {
      this.#retire(known.id);
      this.#moveOn();
    }
    const upsert = `INSERT INTO network (name, labels, bill_by) VALUES (@name, @text, @billBy)
      ON CONFLICT (name) DO UPDATE SET labels = excluded.labels, bill_by = excluded.bill_by`;
    this.#database.prepare(upsert).run({ name, text, billBy });
  }

  #changeSetting(name: string, value: string): boolean {
    const set = `INSERT INTO setting (name, value) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`;
    return this.#database.prepare(set).run(name, value).changes === 1;
  }
}

function sorted(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

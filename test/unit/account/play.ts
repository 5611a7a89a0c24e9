// Plays a history on a real ledger, beside a model that only adds up.

import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../../src/ledger/ledger-options.ts";
import { floorTo } from "../../../src/model/time.ts";
import { networkOf, type Sample, takeSamples } from "../../support/ledger-options.ts";
import { type Accounting, at, EPOCH_MS } from "./accounting.ts";
import { type Changes, HOSTS, type Step } from "./histories.ts";

const NETWORKS = ["acme", "globex"];
const INTERFACES = ["eth0", "eth1"];
const IDLE_MS = 240_000;

export interface Played {
  /** What the endpoint `central` got, in order. */
  readonly samples: readonly Sample[];
  /** Bytes in and out by interface, network and address. */
  readonly byAddress: ReadonlyMap<string, bigint>;
  /** Bytes by network, interface and interval, zeros of observed intervals included. */
  readonly byInterval: ReadonlyMap<string, bigint>;
  readonly lateBytes: number;
}

export interface PlayOptions {
  readonly idleMs: number;
  /** What becomes of the queue after each step: the samples that are taken from it. */
  readonly collect: (ledger: Ledger) => readonly Sample[];
}

const OPTIONS: PlayOptions = { idleMs: IDLE_MS, collect: takeSamples };

export function play(account: Accounting, history: readonly Step[], options: Partial<PlayOptions> = {}): Played {
  const player = new Player(account, { ...OPTIONS, ...options });
  for (const step of history) player.step(step);
  return player.end();
}

class Player {
  readonly #account: Accounting;
  readonly #options: PlayOptions;
  #ledger: Ledger;
  #networks: readonly string[] = NETWORKS;
  #newest = [0, 0];
  #lateBytes = 0;
  readonly #samples: Sample[] = [];
  readonly #byAddress = new Map<string, bigint>();
  readonly #byInterval = new Map<string, bigint>();

  constructor(account: Accounting, options: PlayOptions) {
    this.#account = account;
    this.#options = options;
    this.#ledger = account.open(this.#optionsOf({ site: 0, instance: 0, second: true, endpoints: 1 }));
  }

  step(step: Step): void {
    if (step.kind === "window") this.#window(step);
    else if (step.kind === "restart") this.#configured(step.changes, (options) => this.#account.open(options));
    else if (step.kind === "reload") this.#configured(step.changes, (options) => this.#reload(options));
    else if (step.kind === "settle") this.#late(this.#ledger.settle({ endedByMs: this.#nowMs() }));
    else this.#ledger.sampleLate(INTERFACES[step.interface] ?? "", this.#nowMs());
    this.#samples.push(...this.#options.collect(this.#ledger));
  }

  /** Lets everything close and every live series show its final total. */
  end(): Played {
    this.#late(this.#ledger.settle({ endedByMs: EPOCH_MS + 86_400_000 }));
    for (const name of INTERFACES) {
      this.#ledger.close(at(86_400, [], { interface: name, networks: this.#networks }), { live: false });
    }
    this.#ledger.settle({ endedByMs: EPOCH_MS + 2 * 86_400_000 });
    this.#samples.push(...takeSamples(this.#ledger));
    for (const name of INTERFACES) for (const network of this.#networks) this.#observed(network, name, 86_400);
    return {
      samples: this.#samples,
      byAddress: this.#byAddress,
      byInterval: this.#byInterval,
      lateBytes: this.#lateBytes,
    };
  }

  #window({ interface: index, ahead, how, use }: Extract<Step, { kind: "window" }>): void {
    const name = INTERFACES[index] ?? "";
    const number = Math.max(0, (this.#newest[index] ?? 0) + ahead);
    this.#newest[index] = Math.max(number, this.#newest[index] ?? 0);
    const here = use.filter(({ network }) => network < this.#networks.length);
    const rows = here.map(({ host, network, bytesIn, bytesOut }) => ({
      ip: HOSTS[host] ?? "",
      network,
      bytesIn,
      bytesOut,
    }));
    const window = at(number * 60, rows, { interface: name, networks: this.#networks });
    this.#late(how === "hold" ? this.#ledger.hold(window) : this.#ledger.close(window, { live: how === "close" }));
    for (const network of this.#networks) this.#observed(network, name, number * 60);
    for (const row of rows) this.#used(name, number * 60, { ...row, network: NETWORKS[row.network] ?? "" });
  }

  #observed(network: string, name: string, seconds: number): void {
    add(this.#byInterval, `${network} ${name} ${intervalOf(seconds)}`, 0);
  }

  #used(name: string, seconds: number, row: { ip: string; network: string; bytesIn: number; bytesOut: number }): void {
    const bytes = row.bytesIn + row.bytesOut;
    add(this.#byInterval, `${row.network} ${name} ${intervalOf(seconds)}`, bytes);
    add(this.#byAddress, `${name} ${row.network} ${row.ip}`, bytes);
  }

  #configured(changes: Changes, apply: (options: Partial<LedgerOptions>) => Ledger): void {
    this.#networks = changes.second ? NETWORKS : NETWORKS.slice(0, 1);
    this.#ledger = apply(this.#optionsOf(changes));
  }

  #optionsOf(changes: Changes): Partial<LedgerOptions> {
    return { ...optionsOf(changes), idleTimeoutMs: this.#options.idleMs };
  }

  #reload(changes: Partial<LedgerOptions>): Ledger {
    this.#ledger.configure({ ...this.#account.options(), ...changes });
    return this.#ledger;
  }

  #late({ lateBytes }: { lateBytes: number }): void {
    this.#lateBytes += lateBytes;
  }

  #nowMs(): number {
    return EPOCH_MS + (Math.max(...this.#newest) + 2) * 60_000;
  }
}

function optionsOf({ site, instance, second, endpoints }: Changes): Partial<LedgerOptions> {
  const names = second ? NETWORKS : NETWORKS.slice(0, 1);
  return {
    networks: names.map((name) => networkOf(name, { labels: { site: String(site) } })),
    baseLabels: { instance: `edge-0${instance}`, job: "acct-agent" },
    endpoints: ["central", "second"].slice(0, endpoints),
  };
}

function intervalOf(seconds: number): number {
  return floorTo(EPOCH_MS + seconds * 1_000, 300_000);
}

function add(sums: Map<string, bigint>, key: string, bytes: number): void {
  sums.set(key, (sums.get(key) ?? 0n) + BigInt(bytes));
}

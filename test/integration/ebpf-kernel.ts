// The kernel side of capture in the test's own process: its network namespace, a sink that remembers, and the facts that
// sources are made of. What is pinned goes with the TestLedger.

import type { ChildProcess, SpawnOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";
import { CaptureMetrics } from "../../src/capture/capture-metrics.ts";
import { findDevice, namespaceCookie } from "../../src/capture/ebpf/device.ts";
import { KernelSource } from "../../src/capture/ebpf/kernel-source.ts";
import type { CreatePlace } from "../../src/capture/ebpf/manifest-map.ts";
import { KernelState, type KernelStateOptions } from "../../src/capture/ebpf/kernel-state.ts";
import type { DrainDependencies } from "../../src/capture/ebpf/source-drain.ts";
import type { WindowSink } from "../../src/capture/window-sink.ts";
import { addressAt, formatAddress } from "../../src/model/address.ts";
import { addTotals, emptyTotals, type WindowTotals, type WindowUsage } from "../../src/model/window.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { makeFolder } from "../../src/capture/ebpf/bpffs.ts";
import { Namespace } from "../support/netns.ts";
import { type LogLine, network, TestLedger } from "./live-capture.ts";

const CLONE_NEWNET = 0x4000_0000;
const setns = koffi.load("libc.so.6").func("int setns(int fd, int type)");

/** This thread's network namespace, until disposed of. */
export function enter({ name }: Namespace): Disposable {
  const before = openSync("/proc/thread-self/ns/net", "r");
  const inside = openSync(`/run/netns/${name}`, "r");
  joinNamespace(inside);
  closeSync(inside);
  return {
    [Symbol.dispose]: () => {
      joinNamespace(before);
      closeSync(before);
    },
  };
}

function joinNamespace(fd: number): void {
  const failed: unknown = setns(fd, CLONE_NEWNET);
  if (failed !== 0) throw new Error(`setns failed with errno ${koffi.errno()}`);
}

/** A namespace whose commands run on one CPU; the packets that a veth pair takes from them are received there too. */
export class PinnedNamespace extends Namespace {
  readonly #cpu: number;

  constructor({ name, interface: interfaceName }: Namespace, cpu: number) {
    super(name, interfaceName, 2);
    this.#cpu = cpu;
  }

  override spawn(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return super.spawn("taskset", ["--cpu-list", String(this.#cpu), file, ...args], options);
  }
}

export type Row = readonly [bytesIn: number, packetsIn: number, bytesOut: number, packetsOut: number];

export interface SunkWindow extends Omit<WindowUsage, "usage"> {
  readonly kind: "closed" | "open";
  /** By address and network. */
  readonly rows: Readonly<Record<string, Row>>;
}

/** Takes every window, or what `takes` says. */
export class RecordingSink implements WindowSink {
  readonly windows: SunkWindow[] = [];
  readonly refused: SunkWindow[] = [];
  takes: (window: SunkWindow) => boolean = () => true;

  closed(window: WindowUsage): Promise<boolean> {
    return this.#take("closed", window);
  }

  open(window: WindowUsage): Promise<boolean> {
    return this.#take("open", window);
  }

  /** Over all windows that it took. */
  get totals(): WindowTotals {
    return this.windows.reduce((sum, { totals }) => addTotals(sum, totals), emptyTotals());
  }

  /** Over all windows that it took, of each address and network. */
  get rows(): Readonly<Record<string, Row>> {
    const sums: Record<string, Row> = {};
    for (const [key, row] of this.windows.flatMap(({ rows }) => Object.entries(rows))) {
      const [a, b, c, d] = sums[key] ?? [0, 0, 0, 0];
      sums[key] = [a + row[0], b + row[1], c + row[2], d + row[3]];
    }
    return sums;
  }

  #take(kind: SunkWindow["kind"], { usage, ...window }: WindowUsage): Promise<boolean> {
    const rows: Record<string, Row> = {};
    for (let row = 0; row < usage.length; row++) {
      const key = `${formatAddress(addressAt(usage.addresses, row))} ${window.networks[usage.networks[row] ?? -1]}`;
      const counters = [usage.bytesIn, usage.packetsIn, usage.bytesOut, usage.packetsOut].map((all) => all[row] ?? 0);
      const [a = 0, b = 0, c = 0, d = 0] = counters;
      rows[key] = [a, b, c, d];
    }
    const sunk = { ...window, kind, rows };
    const isTaken = this.takes(sunk);
    (isTaken ? this.windows : this.refused).push(sunk);
    return Promise.resolve(isTaken);
  }
}

/** Sources of one interface of a namespace that has been entered. */
export class TestKernel implements Disposable {
  readonly sink = new RecordingSink();
  readonly log: LogLine[] = [];
  readonly options: KernelStateOptions;
  readonly deps: DrainDependencies;
  readonly #ledger = new TestLedger();
  readonly #states: KernelState[] = [];

  constructor(namespace: Namespace, options: Partial<KernelStateOptions> = {}) {
    const { folder, stateDir } = this.#ledger;
    const name = options.interface ?? namespace.interface;
    const defaults = { attach: "tcx", windowMs: 1_000, maxAddresses: 1_024, networks: [everything] } as const;
    this.options = { interface: name, folder: join(folder, name), stateDir, ...defaults, ...options };
    const log = createLog("info", { write: (line) => void this.log.push(JSON.parse(line)) });
    this.deps = { sink: this.sink, log, metrics: new CaptureMetrics(createMetrics()) };
  }

  /** What a newly started agent has. */
  state(options: Partial<KernelStateOptions> = {}): KernelState {
    const state = new KernelState({ ...this.options, ...options }, this.deps);
    this.#states.push(state);
    return state;
  }

  /** A source that nothing runs yet. */
  async source(): Promise<KernelSource> {
    makeFolder(this.options.folder);
    return KernelSource.create(this.options.folder, this.options, this.place());
  }

  place(): CreatePlace {
    const device = findDevice(this.options.interface);
    if (!device) throw new Error(`there is no ${this.options.interface}`);
    return { device, namespace: namespaceCookie(), stateDir: this.options.stateDir };
  }

  logged(message: string): readonly LogLine[] {
    return this.log.filter(({ msg }) => msg.includes(message));
  }

  [Symbol.dispose](): void {
    for (const state of this.#states) state[Symbol.dispose]();
    this.#ledger[Symbol.dispose]();
  }
}

/** All addresses of both families. */
export const everything = network("everything", "0.0.0.0/0", "::/0");

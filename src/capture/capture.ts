// The stage's root: one backend for each interface, side by side. It first hands over what the kernel counted while no
// agent ran, then runs until aborted; by then everything that was captured has been given to the sink.

import { basename, join } from "node:path";
import type { Network } from "../model/network.ts";
import type { Clock } from "../model/time.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type BackendChoice, chooseBackends } from "./backend-choice.ts";
import { CaptureMetrics } from "./capture-metrics.ts";
import { pinName, removeEmpty } from "./ebpf/bpffs.ts";
import { EbpfCapture } from "./ebpf/ebpf-capture.ts";
import { InOrder } from "./ebpf/in-order.ts";
import { KernelError } from "./ebpf/kernel-error.ts";
import { interfaceFolder, interfaceFolders, type KernelFolders, retire, takeInOrphans } from "./ebpf/kernel-folders.ts";
import {
  isLeftIn,
  type KernelPlace,
  notedPlaces,
  notePlaces,
  otherFolders,
  placeOf,
  requireOpenPlaces,
} from "./ebpf/kernel-places.ts";
import type { AttachKind } from "./ebpf/source-manifest.ts";
import { findKernelFolder } from "./ebpf/support.ts";
import { PcapCapture } from "./pcap/pcap-capture.ts";
import type { WindowSink } from "./window-sink.ts";

export interface CaptureOptions {
  readonly backend: "auto" | "ebpf" | "pcap";
  /** Null takes TCX where the kernel has it. */
  readonly attach: AttachKind | null;
  /** Where bpffs is, or is to be mounted. */
  readonly bpffs: string;
  readonly interfaces: readonly string[];
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly ringBytes: number;
  readonly networks: readonly Network[];
  readonly stateDir: string;
  /** What tells the ledger from every other. */
  readonly ledgerId: string;
}

export interface CaptureDependencies {
  readonly sink: WindowSink;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
}

export interface CaptureState {
  readonly interface: string;
  readonly backend: "ebpf" | "pcap";
  readonly capturing: boolean;
  /** Why it is not capturing; null where it is, or has not tried yet. */
  readonly reason: string | null;
}

export class Capture {
  readonly #options: CaptureOptions;
  readonly #deps: Omit<CaptureDependencies, "metrics"> & { readonly metrics: CaptureMetrics };
  #networks: readonly Network[];
  #backends: readonly (EbpfCapture | PcapCapture)[] = [];

  constructor(options: CaptureOptions, dependencies: CaptureDependencies) {
    this.#options = options;
    this.#networks = options.networks;
    this.#deps = { ...dependencies, metrics: new CaptureMetrics(dependencies.metrics) };
  }

  /**
   * Hands over what the kernel filed while no agent ran; returns the interfaces that were counted all the time. Rejects
   * with KernelError where the configured backend cannot work, and where an earlier agent's count cannot be ended.
   */
  async adopt(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const choices = await chooseBackends(this.#options, (why) =>
      this.#deps.log.warn(why, "the kernel cannot count: using pcap"),
    );
    for (const { interface: name } of choices) this.#deps.metrics.begin(name);
    const order = new InOrder(this.#deps.sink, this.#options.interfaces);
    this.#backends = choices.map((choice) => this.#backend(choice, order.sinkOf(choice.interface)));
    await this.#retireOthers();
    this.#notePlace(choices);
    if (signal.aborted) return new Set();
    const adoptions = this.#backends.map(async (backend) => {
      const adopted = backend instanceof EbpfCapture && (await backend.adopt());
      order.end(backend.interface);
      return adopted ? [backend.interface] : [];
    });
    return new Set((await Promise.all(adoptions)).flat());
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#backends.map((backend) => backend.run(signal)));
  }

  /** Takes on other networks, from each interface's next window on at the latest. */
  reload(networks: readonly Network[]): void {
    this.#networks = networks;
    for (const backend of this.#backends) backend.reload(networks);
  }

  state(): readonly CaptureState[] {
    return this.#backends.map((backend) => ({
      interface: backend.interface,
      backend: backend instanceof EbpfCapture ? "ebpf" : "pcap",
      ...backend.state,
    }));
  }

  #backend(choice: BackendChoice, sink: WindowSink): EbpfCapture | PcapCapture {
    const { windowMs, maxAddresses, ringBytes, stateDir, ledgerId } = this.#options;
    const shared = { interface: choice.interface, windowMs, maxAddresses, networks: this.#networks };
    if (choice.ebpf === null) return new PcapCapture({ ...shared, ringBytes }, { ...this.#deps, sink });
    const { attach, folder } = choice.ebpf;
    const own = interfaceFolder({ folder, ledgerId, stateDir }, choice.interface);
    return new EbpfCapture({ ...shared, stateDir, attach, folder: own }, { ...this.#deps, sink });
  }

  /** Drains and removes kernel state of this ledger that no backend goes on with, so that nothing is counted twice. */
  async #retireOthers(): Promise<void> {
    const { bpffs, ledgerId, stateDir } = this.#options;
    const noted = notedPlaces(stateDir);
    requireOpenPlaces(noted, bpffs);
    const folder = findKernelFolder(bpffs);
    const own = folder === null ? [] : [{ folder, ledgerId, stateDir }];
    for (const folders of [...own, ...otherFolders(noted, { ledgerId, stateDir }, bpffs)]) {
      const others = this.#others(folders);
      for (const other of others) await this.#retire(other);
      if (others.length > 0) removeEmpty(join(folders.folder, ledgerId));
    }
  }

  /** None where nobody may look and nothing is noted: then no agent of this state folder has counted in the kernel. */
  #others(folders: KernelFolders): readonly string[] {
    try {
      takeInOrphans(folders);
      const kept = this.#backends.filter((backend) => backend instanceof EbpfCapture);
      const own = new Set(kept.map((backend) => backend.folder));
      return interfaceFolders(folders).filter((path) => !own.has(path));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#deps.log.warn({ reason: error.message }, "cannot read what an earlier agent left in the kernel");
      return [];
    }
  }

  /** Throws KernelError where a backend would count beside what cannot be ended. */
  async #retire(folder: string): Promise<void> {
    this.#deps.log.info({ folder }, "handing over and removing what the kernel counts no more");
    try {
      await retire(folder, this.#deps);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (this.#options.interfaces.some((name) => pinName(name) === basename(folder))) throw error;
      this.#deps.log.error({ reason: error.message }, "cannot read what an earlier agent left in the kernel");
    }
  }

  /** Before the kernel counts, and what is still to be handed over. */
  #notePlace(choices: readonly BackendChoice[]): void {
    const { bpffs, ledgerId, stateDir } = this.#options;
    const own = placeOf(bpffs, ledgerId);
    const isOwn = (place: KernelPlace): boolean => place.bpffs === own.bpffs && place.ledgerId === ledgerId;
    const left = notedPlaces(stateDir).filter((place) => !isOwn(place) && isLeftIn(place, bpffs));
    const outlives = choices.some(({ ebpf }) => ebpf?.attach === "tcx");
    try {
      notePlaces(stateDir, [...(outlives || isLeftIn(own, bpffs) ? [own] : []), ...left]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#deps.log.warn({ reason }, "cannot note where the kernel counts: change no user before acct-agent detach");
    }
  }
}

// An interface's sources in the kernel, oldest first. At most the newest counts (the active one, attached); the others
// only wait to be drained. Every change of configuration, program or clock goes through `replace`: a new source takes
// the old one's place between two packets.

import { dirname } from "node:path";
import type { Network } from "../../model/network.ts";
import { attach, type Attachment } from "./attachment.ts";
import { makeFolder, removeEmpty } from "./bpffs.ts";
import { type Device, findDevice, namespaceCookie } from "./device.ts";
import { endBefore, type Held, markStep, openSources, tryFindDevice } from "./held-sources.ts";
import { realtimeOffsetNs } from "./kernel-clock.ts";
import { KernelSource } from "./kernel-source.ts";
import { digestOf } from "./manifest-map.ts";
import { type DrainDependencies, SourceDrain } from "./source-drain.ts";
import type { AttachKind } from "./source-manifest.ts";
import { TcxLinks } from "./tcx-links.ts";

export interface KernelStateOptions {
  readonly interface: string;
  /** Where the interface's state is pinned. */
  readonly folder: string;
  readonly stateDir: string;
  readonly attach: AttachKind;
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly networks: readonly Network[];
}

/** Each takes the memory of its maps; more than two are there only while the sink refuses windows. */
const MAX_SOURCES = 4;
const MS_PER_NS = 1_000_000n;
export class KernelState implements Disposable {
  #options: KernelStateOptions;
  readonly #deps: DrainDependencies;
  readonly #namespace = namespaceCookie();
  #held: Held[] = [];
  #draining: Promise<boolean> | null = null;
  #attachment: Attachment | null = null;
  #device: Device | null = null;

  constructor(options: KernelStateOptions, deps: DrainDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Whether the active source is attached in the configured way: only then another can take its place. */
  get isAttachedAsConfigured(): boolean {
    return this.#attachment !== null && this.#held.at(-1)?.source.manifest.attach === this.#options.attach;
  }

  /** Whether the kernel's memory has room for another source: those that the sink has not taken wait there. */
  get hasRoom(): boolean {
    return this.#held.length < MAX_SOURCES;
  }

  get isAttached(): boolean {
    return this.#attachment !== null;
  }

  /** Takes over what an earlier agent left pinned. True where that counts on this interface, and has all the time. */
  open(): boolean {
    const { folder, interface: name } = this.#options;
    this.#held = openSources(folder).map((source) => this.#hold(source, true));
    const links = TcxLinks.open(folder, name);
    if (links && this.#adopt(links)) {
      this.#attachment = links;
      this.#device = findDevice(name);
      return true;
    }
    links?.detach();
    for (const held of this.#held) held.endedMs ??= held.source.lastPacketMs() ?? held.source.clock.attachedMs;
    return false;
  }

  /** Whether the program still sees the interface's packets. */
  isAlive(): boolean {
    return this.#attachment?.isAlive() === true;
  }

  /** Starts to count on the interface. False where there is none. Throws KernelError. */
  async attach(): Promise<boolean> {
    const device = findDevice(this.#options.interface);
    if (!device) return false;
    const source = await this.#create(device);
    try {
      source.clock.start();
      this.#attachment = attach(source, device, this.#options.folder);
    } catch (error) {
      source.remove();
      throw error;
    }
    this.#device = device;
    this.#held.push(this.#hold(source));
    return true;
  }

  /** Lets a new source count in the place of the active one. Throws KernelError, and then the old one goes on. */
  async replace(clockStepMs = 0): Promise<void> {
    const active = this.#held.at(-1);
    if (!this.#attachment || !this.#device || !active) return;
    const source = await this.#create(this.#device);
    source.clock.start();
    try {
      this.#attachment.use(source);
    } catch (error) {
      // One direction may have moved.
      if (this.#attachment.isAlive()) this.#attachment.use(active.source);
      source.remove();
      throw error;
    }
    // Where one ends the other begins; after a step that is two times, each by its own clock.
    active.endedMs = clockStepMs === 0 ? source.clock.attachedMs : active.source.clock.nowMs();
    const next = this.#hold(source);
    if (clockStepMs > 0) markStep(active, next, clockStepMs);
    this.#held.push(next);
  }

  /** Whether the active source counts as `networks` and the other options say. */
  isCurrent(networks: readonly Network[]): boolean {
    this.#options = { ...this.#options, networks };
    const active = this.#held.at(-1);
    if (!active || !this.#device) return true;
    return active.source.manifest.digest === digestOf(this.#options, this.#place(this.#device));
  }

  /**
   * Brings the active source's clock up to the system's. Returns how far that was set, in milliseconds: a difference of
   * more than `limitMs` is left for `replace`.
   */
  followClock(limitMs: number): number {
    const active = this.#held.at(-1);
    if (!active || active.endedMs !== null) return 0;
    const offsetNs = realtimeOffsetNs();
    const changeNs = offsetNs - active.source.clock.offsetNs;
    const changeMs = Number(changeNs / MS_PER_NS);
    if (Math.abs(changeMs) <= limitMs && Math.abs(Number(changeNs)) >= MIN_CORRECTION_NS) {
      active.source.clock.setOffset(offsetNs);
    }
    return changeMs;
  }

  /** Ends counting: the interface is gone, or the program was taken off it. */
  detach(): void {
    const active = this.#held.at(-1);
    if (!this.#attachment || !active) return;
    this.#attachment.detach();
    this.#attachment = null;
    this.#device = null;
    active.endedMs = active.source.clock.nowMs();
  }

  /** Hands over what has ended, oldest first, and removes sources that are empty. False where the sink refused. */
  drain(): Promise<boolean> {
    return (this.#draining ??= this.#drain().finally(() => (this.#draining = null)));
  }

  async #drain(): Promise<boolean> {
    for (let [held] = this.#held; held; [held] = this.#held) {
      if (held.endedMs === null) return held.drain.ended();
      if (!(await held.drain.all(held.endedMs))) return false;
      held.source.remove();
      this.#held.shift();
    }
    return true;
  }

  /** Since when the active source has windows that the ledger has not got, milliseconds since the epoch. */
  pendingSinceMs(): number | null {
    const active = this.#held.at(-1);
    return active
      ? Math.max(active.source.clock.attachedMs, active.source.clock.nextWindow * this.#options.windowMs)
      : null;
  }

  /** Bytes of kernel memory that all sources take. */
  memoryBytes(): number {
    return this.#held.reduce((sum, { source }) => sum + source.memoryBytes(), 0);
  }

  /** When the active source's current window ends, milliseconds since the epoch; null where none counts. */
  windowEndMs(): number | null {
    const active = this.#held.at(-1);
    if (!active || active.endedMs !== null) return null;
    return (active.source.clock.currentWindow() + 1) * this.#options.windowMs;
  }

  /** Removes the folder, and the ledger's above it, once nothing is in them. */
  tidy(): void {
    removeEmpty(this.#options.folder);
    removeEmpty(dirname(this.#options.folder));
  }

  /** Lets go of everything; what is attached goes on counting. */
  [Symbol.dispose](): void {
    for (const { source } of this.#held) source[Symbol.dispose]();
    this.#attachment?.[Symbol.dispose]();
    this.#held = [];
    this.#attachment = null;
  }

  /** True where the links run the program of one of the sources on the interface as it is now. */
  #adopt(links: TcxLinks): boolean {
    const device = tryFindDevice(this.#options.interface);
    const programs = links.programIds();
    const running = this.#held.filter(({ source }) => programs.has(source.programId));
    const active = running.at(-1);
    const isOurs = active?.source.manifest.namespace === this.#namespace;
    if (!device || !active || !isOurs || !links.isOn(device)) return false;
    // An agent that died while it replaced a source may have moved one link of two.
    if (programs.size > 1) links.use(active.source);
    const at = this.#held.indexOf(active);
    // Made to take its place, and never ran.
    for (const { source } of this.#held.splice(at + 1)) source.remove();
    for (const [index, held] of this.#held.slice(0, at).entries()) endBefore(held, this.#held[index + 1] ?? null);
    return true;
  }

  #hold(source: KernelSource, isFound = false): Held {
    return { source, drain: new SourceDrain(source, this.#deps, isFound), endedMs: null };
  }

  async #create(device: Device): Promise<KernelSource> {
    makeFolder(this.#options.folder);
    return KernelSource.create(this.#options.folder, this.#options, this.#place(device));
  }

  #place(device: Device) {
    return { device, namespace: this.#namespace, stateDir: this.#options.stateDir };
  }
}

/** Smaller differences are the reading's own error. */
const MIN_CORRECTION_NS = 100_000;

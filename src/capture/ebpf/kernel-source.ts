// A source: one program with its maps, pinned in a folder of its own, so that it outlives this process. It is complete
// from the moment its folder has its name. It tells what it counted and forgets what it is told to; nothing else
// changes a window that is sealed.

import { randomBytes } from "node:crypto";
import { closeSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BpfMap, memoryBytes } from "./bpf-map.ts";
import { makeFolder, moveFolder, unpin } from "./bpffs.ts";
import { LOOPBACK } from "./device.ts";
import { realtimeOffsetNs } from "./kernel-clock.ts";
import { checked, KernelError } from "./kernel-error.ts";
import { CLOCK, MapName, OVERFLOW_KEY, TOTALS_BYTES, USAGE_KEY, USAGE_VALUE } from "./layout.ts";
import { libbpf } from "./libbpf.ts";
import { type CreatePlace, newManifest, readManifest } from "./manifest-map.ts";
import { LoadedProgram } from "./program.ts";
import { SourceClock } from "./source-clock.ts";
import { encodeManifest, LAYOUT_VERSION, type SourceManifest, type SourceSettings } from "./source-manifest.ts";
import { addTotalsValue, type SourceTotals, zeroTotals } from "./source-totals.ts";
import { WindowRows } from "./window-rows.ts";

const PROGRAM_PIN = "program";
/** A folder of this name is not complete yet, or never will be. */
const UNFINISHED = "new-";
const ID_BYTES = 8;

export class KernelSource implements Disposable {
  readonly folder: string;
  readonly manifest: SourceManifest;
  readonly clock: SourceClock;
  readonly programFd: number;
  readonly #usage: BpfMap;
  readonly #overflow: BpfMap;
  readonly #totals: BpfMap;
  readonly #clockMap: BpfMap;
  /** Addresses in the map when it was last read. */
  usedEntries = 0;
  /** Of the window that was last read: the next one will have about as many. */
  #expectedRows = 0;

  private constructor(folder: string, manifest: SourceManifest) {
    this.folder = folder;
    this.manifest = manifest;
    this.programFd = checked(`open ${folder}`, libbpf().bpf_obj_get(join(folder, PROGRAM_PIN)));
    const open = (name: string, keyBytes: number, valueBytes: number): BpfMap =>
      BpfMap.open(join(folder, name), { keyBytes, valueBytes, perCpu: true });
    this.#usage = open(MapName.usage, USAGE_KEY.bytes, USAGE_VALUE.bytes);
    this.#overflow = open(MapName.overflow, OVERFLOW_KEY.bytes, USAGE_VALUE.bytes);
    this.#totals = open(MapName.totals, 4, TOTALS_BYTES);
    this.#clockMap = open(MapName.clock, 4, CLOCK.bytes);
    this.clock = new SourceClock(this.#clockMap, manifest.windowMs);
  }

  /** Makes a source under `parent`; nothing runs it yet. Throws KernelError. */
  static async create(parent: string, settings: SourceSettings, place: CreatePlace): Promise<KernelSource> {
    const id = randomBytes(ID_BYTES).toString("hex");
    const manifest = newManifest(id, settings, place);
    const unfinished = join(parent, `${UNFINISHED}${id}`);
    makeFolder(unfinished);
    try {
      const isLoopback = settings.interface === LOOPBACK;
      const options = { ...settings, ...manifest, networks: settings.networks, isLoopback };
      using program = await LoadedProgram.load({ ...options, manifest: encodeManifest(manifest) });
      const pin = (fd: number, name: string): number =>
        checked(`pin ${name}`, libbpf().bpf_obj_pin(fd, join(unfinished, name)));
      for (const name of Object.values(MapName)) pin(program.mapFd(name), name);
      pin(program.programFd, PROGRAM_PIN);
      renameSync(unfinished, join(parent, id));
    } catch (error) {
      unpin(unfinished);
      throw error;
    }
    const source = KernelSource.open(join(parent, id));
    source.clock.setOffset(realtimeOffsetNs());
    return source;
  }

  /** Opens what is pinned in a folder. Throws KernelError where it is not a source that this version can read. */
  static open(folder: string): KernelSource {
    const manifest = readManifest(folder);
    if (manifest.layout !== LAYOUT_VERSION) {
      throw new KernelError(`${folder} was made by another version`, 0, "run detach with that version");
    }
    return new KernelSource(folder, manifest);
  }

  static isUnfinished(folder: string): boolean {
    return basename(folder).startsWith(UNFINISHED);
  }

  get id(): string {
    return this.manifest.id;
  }

  /** The number by which the kernel knows the program. */
  get programId(): number {
    const info = Buffer.alloc(8);
    const length = Uint32Array.of(info.length);
    checked("bpf_obj_get_info_by_fd", libbpf().bpf_obj_get_info_by_fd(this.programFd, info, length));
    return info.readUInt32LE(4);
  }

  /** Rows of the windows from `from` up to, not including, `end`: addresses, and what found no room by network. */
  async readRows(from: number, end: number): Promise<ReadonlyMap<number, WindowRows>> {
    const windows = new Map<number, WindowRows>();
    const rowsOf = (window: number): WindowRows | null => {
      if (window < from || window >= end) return null;
      let rows = windows.get(window);
      if (!rows) windows.set(window, (rows = new WindowRows(this.#expectedRows)));
      return rows;
    };
    this.usedEntries = 0;
    for await (const batch of this.#usage.batches()) {
      this.usedEntries += batch.length;
      for (let entry = 0; entry < batch.length; entry++) {
        rowsOf(batch.keys[entry * USAGE_KEY.words + USAGE_KEY.window] ?? 0)?.addUsage(batch, entry, this.#usage.cpus);
      }
    }
    for await (const batch of this.#overflow.batches()) {
      for (let entry = 0; entry < batch.length; entry++) {
        const window = batch.keys[entry * OVERFLOW_KEY.words + OVERFLOW_KEY.window] ?? 0;
        rowsOf(window)?.addOverflow(batch, entry, this.#overflow.cpus);
      }
    }
    this.#expectedRows = Math.max(0, ...[...windows.values()].map((rows) => rows.length));
    return windows;
  }

  /** Where a window's frames went; zeros where there were none. */
  totals(window: number): SourceTotals {
    return this.#readTotals(window % this.manifest.totalsSlots, window);
  }

  /** What passed while every slot of `totals` was taken: counted for no address. Null where nothing did. */
  beyond(): SourceTotals | null {
    const beyond = this.#readTotals(this.manifest.totalsSlots, null);
    return beyond.lastWindow === 0 ? null : beyond;
  }

  forgetBeyond(): void {
    this.#totals.update(slotKey(this.manifest.totalsSlots), Buffer.alloc(TOTALS_BYTES));
  }

  /** The latest window that has frames in the maps; 0 where none has. */
  async lastWindow(): Promise<number> {
    let last = 0;
    for await (const { length, values } of this.#totals.batches()) {
      // The windows of all CPUs of all slots; its 32 low bits are all that a window needs.
      for (let value = 0; value < length * this.#totals.cpus; value++) {
        last = Math.max(last, values[(value * TOTALS_BYTES) / 4] ?? 0);
      }
    }
    return last;
  }

  /** When the latest packet that is still in the maps passed, milliseconds since the epoch; null where there is none. */
  lastPacketMs(): number | null {
    let lastNs = 0;
    for (let slot = 0; slot <= this.manifest.totalsSlots; slot++) {
      lastNs = Math.max(lastNs, this.#readTotals(slot, null).lastNs);
    }
    return lastNs === 0 ? null : Math.floor(lastNs / 1e6);
  }

  /** Deletes what the ledger has. The slot of `totals` comes last, and free only when all of it is zero. */
  async forget(window: number, rows: WindowRows | undefined): Promise<void> {
    if (rows) {
      await this.#usage.delete(rows.usageKeys(window));
      await this.#overflow.delete(rows.overflowKeys(window));
    }
    this.#freeSlot(window);
  }

  /** Bytes of kernel memory that its counters take. */
  memoryBytes(): number {
    return [this.#usage, this.#overflow, this.#totals].reduce((sum, { fd }) => sum + memoryBytes(fd), 0);
  }

  /** Removes it for good: whoever finds it half removed takes it for one that never was complete. */
  remove(): void {
    this[Symbol.dispose]();
    const unfinished = join(dirname(this.folder), `${UNFINISHED}${this.id}`);
    moveFolder(this.folder, unfinished);
    unpin(unfinished);
  }

  [Symbol.dispose](): void {
    for (const map of [this.#usage, this.#overflow, this.#totals, this.#clockMap]) map[Symbol.dispose]();
    closeSync(this.programFd);
  }

  /**
   * Frees the slot on the CPUs where the window, or one before it, has it. After a long absence another CPU may count a
   * later window there, and a map's value is set on all CPUs at once: the slot waits until that window is sealed too.
   */
  #freeSlot(window: number): void {
    const key = slotKey(window % this.manifest.totalsSlots);
    const values = this.#totals.lookup(key);
    if (values === null) return;
    const cpus = Array.from({ length: this.#totals.cpus }, (_, cpu) => cpu * TOTALS_BYTES);
    const windowAt = (at: number): number => Number(values.readBigUInt64LE(at));
    if (cpus.some((at) => windowAt(at) > window && windowAt(at) >= this.clock.sealed)) return;
    const taken = cpus.filter((at) => windowAt(at) !== 0 && windowAt(at) <= window);
    if (taken.length === 0) return;
    for (const at of taken) values.fill(0, at + 8, at + TOTALS_BYTES);
    this.#totals.updateEach(key, values);
    for (const at of taken) values.fill(0, at, at + 8);
    this.#totals.updateEach(key, values);
  }

  /** Of one window, or of whatever has the slot (null). */
  #readTotals(slot: number, window: number | null): SourceTotals {
    const value = this.#totals.lookup(slotKey(slot));
    const totals = zeroTotals();
    if (value === null) return totals;
    for (let cpu = 0; cpu < this.#totals.cpus; cpu++) addTotalsValue(totals, value, cpu, window);
    return totals;
  }
}

function slotKey(slot: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(slot).buffer);
}

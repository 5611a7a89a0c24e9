// One BPF map behind a file descriptor: keys and values as bytes, a value once for each CPU where the map is per-CPU.

import { closeSync, readFileSync } from "node:fs";
import { checked, Errno, KernelError } from "./kernel-error.ts";
import { inThread, libbpf } from "./libbpf.ts";

export interface MapShape {
  readonly keyBytes: number;
  /** Of one CPU's value; a multiple of 8 where the map is per-CPU. */
  readonly valueBytes: number;
  readonly perCpu: boolean;
}

/** A stretch of a map's entries, valid until the next one is asked for. */
export interface Batch {
  readonly length: number;
  readonly keys: Uint32Array;
  /** All CPUs' values of an entry one after another. */
  readonly values: Uint32Array;
}

/** A batch takes about so much memory; it holds at least as many entries as a hash bucket may. */
const BATCH_BYTES = 512 * 1024;
const MIN_BATCH = 512;

export class BpfMap implements Disposable {
  readonly fd: number;
  readonly #shape: MapShape;
  readonly #cpus: number;

  constructor(fd: number, shape: MapShape) {
    this.fd = fd;
    this.#shape = shape;
    this.#cpus = shape.perCpu ? checked("libbpf_num_possible_cpus", libbpf().libbpf_num_possible_cpus()) : 1;
  }

  /** Opens a pinned map. Throws KernelError. */
  static open(path: string, shape: MapShape): BpfMap {
    return new BpfMap(checked(`open ${path}`, libbpf().bpf_obj_get(path)), shape);
  }

  /** Values of one key: as many as there are CPUs where the map is per-CPU. */
  get cpus(): number {
    return this.#cpus;
  }

  /** The value of the key, null where there is none. */
  lookup(key: Uint8Array): Buffer | null {
    const value = Buffer.alloc(this.#shape.valueBytes * this.#cpus);
    const result: number = libbpf().bpf_map_lookup_elem(this.fd, key, value);
    if (result === -Errno.noEntry) return null;
    checked("bpf_map_lookup_elem", result);
    return value;
  }

  /** Sets the value of the key, the same on all CPUs. */
  update(key: Uint8Array, value: Uint8Array): void {
    this.updateEach(key, Buffer.concat(Array<Uint8Array>(this.#cpus).fill(value)));
  }

  /** Sets the value of the key on each CPU, as `lookup` gives them. */
  updateEach(key: Uint8Array, values: Uint8Array): void {
    checked("bpf_map_update_elem", libbpf().bpf_map_update_elem(this.fd, key, values, 0));
  }

  /** All entries. One that is there all the time comes exactly once; one that comes or goes meanwhile may be missing. */
  async *batches(): AsyncGenerator<Batch> {
    const { keyBytes, valueBytes } = this.#shape;
    const entryBytes = keyBytes + valueBytes * this.#cpus;
    let room = Math.max(MIN_BATCH, Math.floor(BATCH_BYTES / entryBytes));
    const count = new Uint32Array(1);
    const next = new Uint8Array(Math.max(4, keyBytes));
    let from: Uint8Array | null = null;
    for (;;) {
      const keys = new Uint8Array(room * keyBytes);
      const values = new Uint8Array(room * valueBytes * this.#cpus);
      let result = 0;
      while (result === 0) {
        count[0] = room;
        result = await inThread(libbpf().bpf_map_lookup_batch, this.fd, from, next, keys, values, count, null);
        if (result === -Errno.noSpace) break;
        if (result !== -Errno.noEntry) checked("bpf_map_lookup_batch", result);
        yield { length: count[0] ?? 0, keys: new Uint32Array(keys.buffer), values: new Uint32Array(values.buffer) };
        from = Uint8Array.from(next);
      }
      if (result === -Errno.noEntry) return;
      // A bucket with more entries than there is room for.
      room *= 2;
    }
  }

  /** Deletes the keys; one that is not there is passed over. */
  async delete(keys: Uint8Array): Promise<void> {
    const { keyBytes } = this.#shape;
    const count = new Uint32Array(1);
    for (let at = 0; at < keys.length;) {
      count[0] = (keys.length - at) / keyBytes;
      const result = await inThread(libbpf().bpf_map_delete_batch, this.fd, keys.subarray(at), count, null);
      if (result === 0) return;
      if (result !== -Errno.noEntry) throw new KernelError("bpf_map_delete_batch", -result);
      at += ((count[0] ?? 0) + 1) * keyBytes;
    }
  }

  /** Adds entries to a map that is not per-CPU. */
  async insert(keys: Uint8Array, values: Uint8Array): Promise<void> {
    const count = Uint32Array.of(keys.length / this.#shape.keyBytes);
    if (count[0] === 0) return;
    checked("bpf_map_update_batch", await inThread(libbpf().bpf_map_update_batch, this.fd, keys, values, count, null));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Bytes that a map takes as the kernel says: exact from Linux 6.4 on. */
export function memoryBytes(fd: number): number {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return Number(/^memlock:\s*(\d+)$/m.exec(info)?.[1] ?? 0);
}

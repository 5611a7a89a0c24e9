// The compiled program, and how it becomes a source: opened, its maps sized, loaded into the kernel and filled.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Network } from "../../model/network.ts";
import { BpfMap, memoryBytes } from "./bpf-map.ts";
import { checked, KernelError } from "./kernel-error.ts";
import {
  FILTER_SECTION,
  type Link,
  MapName,
  NETWORK_KEY,
  NETWORK_VALUE,
  SETTINGS,
  SETTINGS_SECTION,
} from "./layout.ts";
import { inThread, libbpf } from "./libbpf.ts";
import { maxNetworkEntries, networkEntries, networkFilter } from "./network-maps.ts";
import { type AttachKind, overflowEntries, usageEntries } from "./source-manifest.ts";

/** Another object can be tried without building anything; its digest makes it another program. */
const OBJECT_VARIABLE = "ACCT_AGENT_BPF_OBJECT";
const PROGRAM_NAMES = { tcx: "count_tcx", socket: "count_socket" } as const;

export interface ProgramOptions {
  readonly attach: AttachKind;
  readonly link: Link;
  readonly isLoopback: boolean;
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly totalsSlots: number;
  readonly networks: readonly Network[];
  /** Content of the map `manifest`. */
  readonly manifest: Buffer;
}

type Pointer = bigint | object;

/** A program in the kernel, with the descriptors of its maps; nothing runs it yet. */
export class LoadedProgram implements Disposable {
  readonly #object: Pointer;
  readonly #program: Pointer;

  private constructor(object: Pointer, program: Pointer) {
    this.#object = object;
    this.#program = program;
  }

  /** Loads and fills it. Throws KernelError where the kernel refuses. */
  static async load(options: ProgramOptions): Promise<LoadedProgram> {
    const { bytes } = programObject();
    const object: Pointer | null = libbpf().bpf_object__open_mem(bytes, bytes.length, null);
    if (object === null) throw new KernelError(`${objectPath()} is not a BPF object`, 0);
    try {
      const program = chooseProgram(object, options.attach);
      sizeMaps(object, options);
      checked("load the BPF program", await inThread(libbpf().bpf_object__load, object));
      const loaded = new LoadedProgram(object, program);
      await loaded.#fill(options);
      return loaded;
    } catch (error) {
      libbpf().bpf_object__close(object);
      throw error;
    }
  }

  get programFd(): number {
    return libbpf().bpf_program__fd(this.#program);
  }

  mapFd(name: string): number {
    return libbpf().bpf_map__fd(findMap(this.#object, name));
  }

  /** Bytes of kernel memory that its maps take, as the kernel counts them. */
  memoryBytes(): number {
    return Object.values(MapName).reduce((sum, name) => sum + memoryBytes(this.mapFd(name)), 0);
  }

  async #fill({ networks, manifest }: ProgramOptions): Promise<void> {
    const { keys, values } = networkEntries(networks);
    const shape = { keyBytes: NETWORK_KEY.bytes, valueBytes: NETWORK_VALUE.bytes, perCpu: false };
    await new BpfMap(this.mapFd(MapName.networks), shape).insert(keys, values);
    const text = new BpfMap(this.mapFd(MapName.manifest), { keyBytes: 4, valueBytes: manifest.length, perCpu: false });
    text.update(Buffer.alloc(4), manifest);
  }

  /** Closes the descriptors; what is pinned or attached stays. */
  [Symbol.dispose](): void {
    libbpf().bpf_object__close(this.#object);
  }
}

/** SHA-256 of the object file. */
export function programDigest(): string {
  return programObject().digest;
}

let known: { readonly bytes: Buffer; readonly digest: string } | null = null;

/** As it was at the first look: an upgrade that puts another in its place is the next agent's, not this one's. */
function programObject(): { readonly bytes: Buffer; readonly digest: string } {
  if (known) return known;
  const bytes = readFileSync(objectPath());
  return (known = { bytes, digest: createHash("sha256").update(bytes).digest("hex") });
}

function objectPath(): string {
  return process.env[OBJECT_VARIABLE] ?? fileURLToPath(new URL("./program.bpf.o", import.meta.url));
}

function chooseProgram(object: Pointer, attach: AttachKind): Pointer {
  for (const [kind, name] of Object.entries(PROGRAM_NAMES)) {
    const program: Pointer = libbpf().bpf_object__find_program_by_name(object, name);
    checked("bpf_program__set_autoload", libbpf().bpf_program__set_autoload(program, kind === attach));
  }
  return libbpf().bpf_object__find_program_by_name(object, PROGRAM_NAMES[attach]);
}

function sizeMaps(object: Pointer, options: ProgramOptions): void {
  const { networks, manifest, windowMs, totalsSlots } = options;
  const entries = {
    [MapName.usage]: usageEntries(options.maxAddresses),
    [MapName.networks]: maxNetworkEntries(networks),
    [MapName.overflow]: overflowEntries(networks.length),
    [MapName.totals]: totalsSlots + 1,
  };
  for (const [name, count] of Object.entries(entries)) {
    checked(`size map ${name}`, libbpf().bpf_map__set_max_entries(findMap(object, name), count));
  }
  const text = findMap(object, MapName.manifest);
  checked("size map manifest", libbpf().bpf_map__set_value_size(text, manifest.length));
  const settings = Buffer.alloc(SETTINGS.bytes);
  settings.writeBigUInt64LE(BigInt(windowMs) * 1_000_000n, SETTINGS.windowNs);
  settings.writeUInt32LE(totalsSlots - 1, SETTINGS.totalsMask);
  settings.writeUInt32LE(options.link, SETTINGS.link);
  settings.writeUInt32LE(options.isLoopback ? 1 : 0, SETTINGS.skipOutgoing);
  setVariable(object, SETTINGS_SECTION, settings);
  setVariable(object, FILTER_SECTION, networkFilter(networks));
}

function setVariable(object: Pointer, section: string, value: Buffer): void {
  checked(`set ${section}`, libbpf().bpf_map__set_initial_value(findMap(object, section), value, value.length));
}

function findMap(object: Pointer, name: string): Pointer {
  const map: Pointer | null = libbpf().bpf_object__find_map_by_name(object, name);
  if (map === null) throw new Error(`capture: the BPF object has no map ${name}`);
  return map;
}

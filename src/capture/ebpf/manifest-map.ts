// The manifest as a source carries it: written when it is made, read from its pinned map by whoever finds it.

import { dirname, join } from "node:path";
import { BpfMap } from "./bpf-map.ts";
import type { Device } from "./device.ts";
import { monotonicNs } from "./kernel-clock.ts";
import { checked, KernelError } from "./kernel-error.ts";
import { MapName } from "./layout.ts";
import { libbpf } from "./libbpf.ts";
import { programDigest } from "./program.ts";
import {
  decodeManifest,
  LAYOUT_VERSION,
  settingsDigest,
  type SourceManifest,
  type SourceSettings,
  totalsSlots,
} from "./source-manifest.ts";

/** Where and for whom a source is made. */
export interface CreatePlace {
  readonly device: Device;
  readonly namespace: string;
  readonly stateDir: string;
}

/** The digest that a source made now would have. */
export function digestOf(settings: SourceSettings, { device, namespace }: CreatePlace): string {
  return settingsDigest(settings, { programDigest: programDigest(), namespace, link: device.link });
}

/** The manifest of a source that is made now. */
export function newManifest(id: string, settings: SourceSettings, place: CreatePlace): SourceManifest {
  return {
    layout: LAYOUT_VERSION,
    id,
    madeNs: String(monotonicNs()),
    digest: digestOf(settings, place),
    interface: settings.interface,
    namespace: place.namespace,
    attach: settings.attach,
    link: place.device.link,
    windowMs: settings.windowMs,
    maxAddresses: settings.maxAddresses,
    totalsSlots: totalsSlots(settings.windowMs),
    networks: settings.networks.map(({ name }) => name),
    stateDir: place.stateDir,
  };
}

/** Throws KernelError where the folder holds none. */
export function readManifest(folder: string): SourceManifest {
  const path = join(folder, MapName.manifest);
  const fd = checked(`open ${path}`, libbpf().bpf_obj_get(path));
  using map = new BpfMap(fd, { keyBytes: 4, valueBytes: valueSize(fd), perCpu: false });
  const value = map.lookup(Buffer.alloc(4));
  if (value === null) throw new KernelError(`${dirname(path)} has no manifest`, 0);
  return decodeManifest(value);
}

/** struct bpf_map_info: type, id, key size, value size. */
function valueSize(fd: number): number {
  const info = Buffer.alloc(16);
  checked("bpf_obj_get_info_by_fd", libbpf().bpf_obj_get_info_by_fd(fd, info, Uint32Array.of(info.length)));
  return info.readUInt32LE(12);
}

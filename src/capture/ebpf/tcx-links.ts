// TCX links (Linux 6.6): the program runs for every packet that the interface receives and sends, before anything else
// that is attached there, and goes on after this process has ended, because the links are pinned.

import { closeSync } from "node:fs";
import { join } from "node:path";
import { listFolder, unpin } from "./bpffs.ts";
import { type Device, LOOPBACK } from "./device.ts";
import { checked } from "./kernel-error.ts";
import type { KernelSource } from "./kernel-source.ts";
import { libbpf } from "./libbpf.ts";

/** enum bpf_attach_type, linux/bpf.h. */
const AttachType = { ingress: 46, egress: 47 } as const;
type Direction = keyof typeof AttachType;
/** First in the list: a program before it could end the list. */
const BPF_F_BEFORE = 8;
/** struct bpf_link_info: type, id, program id; from 16 on of TCX: interface index, attach type. */
const INFO_BYTES = 24;

interface Link {
  readonly direction: Direction;
  readonly fd: number;
}

export class TcxLinks implements Disposable {
  readonly #folder: string;
  readonly #links: readonly Link[];

  private constructor(folder: string, links: readonly Link[]) {
    this.#folder = folder;
    this.#links = links;
  }

  /** Attaches and pins. Throws KernelError; then nothing is attached. */
  static create(folder: string, device: Device, source: KernelSource): TcxLinks {
    const links: Link[] = [];
    const made = new TcxLinks(folder, links);
    try {
      for (const direction of directionsOf(source.manifest.interface)) {
        const fd = createLink(source.programFd, device.index, AttachType[direction]);
        links.push({ direction, fd });
        checked("pin a link", libbpf().bpf_obj_pin(fd, join(folder, direction)));
      }
      return made;
    } catch (error) {
      made.detach();
      throw error;
    }
  }

  /** The links pinned in a folder; null where one is missing, and then none is left. */
  static open(folder: string, interfaceName: string): TcxLinks | null {
    const names = listFolder(folder);
    const directions = directionsOf(interfaceName);
    if (directions.some((direction) => !names.includes(direction))) {
      for (const direction of Object.keys(AttachType)) unpin(join(folder, direction));
      return null;
    }
    const links = directions.map((direction) => {
      const path = join(folder, direction);
      return { direction, fd: checked(`open ${path}`, libbpf().bpf_obj_get(path)) };
    });
    return new TcxLinks(folder, links);
  }

  /** Whether links can be made at all: Linux 6.6, and CAP_NET_ADMIN. Throws KernelError that says what is missing. */
  static probe(programFd: number): void {
    const nowhere = 0x7fff_ffff;
    const result = tryLink(programFd, nowhere, AttachType.ingress);
    if (result >= 0) closeSync(result);
    const ENODEV = 19;
    if (result !== -ENODEV) checked("attach to TCX", result);
  }

  isAlive(): boolean {
    return this.#links.every(({ fd }) => linkInfo(fd).interfaceIndex !== 0);
  }

  isOn(device: Device): boolean {
    return this.#links.every(({ fd }) => linkInfo(fd).interfaceIndex === device.index);
  }

  /** The programs that the links run. */
  programIds(): ReadonlySet<number> {
    return new Set(this.#links.map(({ fd }) => linkInfo(fd).programId));
  }

  use(source: KernelSource): void {
    for (const { fd } of this.#links) {
      checked("bpf_link_update", libbpf().bpf_link_update(fd, source.programFd, null));
    }
  }

  detach(): void {
    for (const { direction } of this.#links) unpin(join(this.#folder, direction));
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#links) closeSync(fd);
  }
}

/** Loopback sends each packet to itself: once is enough. */
function directionsOf(interfaceName: string): readonly Direction[] {
  return interfaceName === LOOPBACK ? ["ingress"] : ["ingress", "egress"];
}

function createLink(programFd: number, interfaceIndex: number, type: number): number {
  return checked("attach to TCX", tryLink(programFd, interfaceIndex, type));
}

function tryLink(programFd: number, interfaceIndex: number, type: number): number {
  // struct bpf_link_create_opts: its own size, flags.
  const options = Buffer.alloc(16);
  options.writeBigUInt64LE(BigInt(options.length));
  options.writeUInt32LE(BPF_F_BEFORE, 8);
  return libbpf().bpf_link_create(programFd, interfaceIndex, type, options);
}

function linkInfo(fd: number): { readonly programId: number; readonly interfaceIndex: number } {
  const info = Buffer.alloc(INFO_BYTES);
  checked("bpf_obj_get_info_by_fd", libbpf().bpf_obj_get_info_by_fd(fd, info, Uint32Array.of(info.length)));
  return { programId: info.readUInt32LE(8), interfaceIndex: info.readUInt32LE(16) };
}

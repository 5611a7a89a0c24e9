// A packet socket whose filter is the counting program: for kernels without TCX. It keeps no packet and ends with this
// process; what it has counted stays in the maps.

import { closeSync } from "node:fs";
import koffi from "koffi";
import { interfaceIndex } from "../interface-counters.ts";
import type { Device } from "./device.ts";
import { KernelError } from "./kernel-error.ts";
import type { KernelSource } from "./kernel-source.ts";

const AF_PACKET = 17;
/** SOCK_RAW | SOCK_CLOEXEC. */
const SOCKET_TYPE = 0x80003;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_ATTACH_BPF = 50;
/** struct sockaddr_ll, packet(7). */
const ADDRESS_BYTES = 20;

const libc = koffi.load("libc.so.6");
const openSocket = libc.func("int socket(int domain, int type, int protocol)");
const setsockopt = libc.func("int setsockopt(int fd, int level, int option, void *value, uint32_t length)");
const bind = libc.func("int bind(int fd, void *address, uint32_t length)");

export class FilterSocket implements Disposable {
  readonly #fd: number;
  readonly #device: Device;
  readonly #interface: string;

  private constructor(fd: number, device: Device, interfaceName: string) {
    this.#fd = fd;
    this.#device = device;
    this.#interface = interfaceName;
  }

  /** Throws KernelError. */
  static open(device: Device, programFd: number, interfaceName: string): FilterSocket {
    const fd = checkedCall("socket AF_PACKET", Number(openSocket(AF_PACKET, SOCKET_TYPE, 0)));
    const socket = new FilterSocket(fd, device, interfaceName);
    try {
      // Without a protocol it receives nothing until it is bound: no packet gets past the filter.
      socket.#run(programFd);
      const address = Buffer.alloc(ADDRESS_BYTES);
      address.writeUInt16LE(AF_PACKET, 0);
      address.writeUInt16BE(ETH_P_ALL, 2);
      address.writeInt32LE(device.index, 4);
      checkedCall("bind AF_PACKET", Number(bind(fd, address, address.length)));
      return socket;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  isAlive(): boolean {
    return interfaceIndex(this.#interface) === this.#device.index;
  }

  use({ programFd }: KernelSource): void {
    this.#run(programFd);
  }

  detach(): void {
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #run(programFd: number): void {
    const value = Buffer.from(Uint32Array.of(programFd).buffer);
    const result = Number(setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_BPF, value, value.length));
    checkedCall("setsockopt SO_ATTACH_BPF", result);
  }
}

function checkedCall(operation: string, result: number): number {
  if (result < 0) throw new KernelError(operation, koffi.errno());
  return result;
}

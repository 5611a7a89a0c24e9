// What the kernel says of a network device and of the network namespace that this process is in.

import { closeSync } from "node:fs";
import koffi from "koffi";
import { interfaceIndex } from "../interface-counters.ts";
import { KernelError } from "./kernel-error.ts";
import { Link } from "./layout.ts";

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;
const SIOCGIFHWADDR = 0x8927;
/** struct ifreq, linux/if.h: 16 bytes of name, then the hardware address with its ARPHRD_ type first. */
const IFREQ_BYTES = 40;
const IFREQ_TYPE = 16;

/** ARPHRD_ numbers, linux/if_arp.h: devices whose frames start with an Ethernet header, and with an IP header. */
const ETHERNET_TYPES: ReadonlySet<number> = new Set([1, 772]);
/** PPP, RAWIP, TUNNEL, TUNNEL6, SIT, NONE (tun, WireGuard). */
const IP_TYPES: ReadonlySet<number> = new Set([512, 519, 768, 769, 776, 0xfffe]);
export const LOOPBACK = "lo";

const libc = koffi.load("libc.so.6");
const openSocket = libc.func("int socket(int domain, int type, int protocol)");
const getsockopt = libc.func("int getsockopt(int fd, int level, int option, void *value, void *length)");
const ioctl = libc.func("int ioctl(int fd, ulong request, void *argument)");

export interface Device {
  readonly index: number;
  readonly link: Link;
}

/** Null where there is no interface of this name. Throws KernelError where its frames cannot be decoded. */
export function findDevice(name: string): Device | null {
  const index = interfaceIndex(name);
  const type = index === 0 ? null : hardwareType(name);
  if (type === null) return null;
  if (ETHERNET_TYPES.has(type)) return { index, link: Link.ethernet };
  if (IP_TYPES.has(type)) return { index, link: Link.ip };
  throw new KernelError(`its link type ${type} cannot be decoded`, 0);
}

/** A number that the kernel gives each network namespace, and never again. */
export function namespaceCookie(): string {
  return withSocket((fd) => {
    const cookie = Buffer.alloc(8);
    const failed: unknown = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, Buffer.from(Uint32Array.of(8).buffer));
    if (failed !== 0) throw new KernelError("getsockopt SO_NETNS_COOKIE", koffi.errno());
    return cookie.readBigUInt64LE().toString(16);
  });
}

/** Null where the interface went away. */
function hardwareType(name: string): number | null {
  return withSocket((fd) => {
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(name);
    const failed: unknown = ioctl(fd, SIOCGIFHWADDR, request);
    return failed === 0 ? request.readUInt16LE(IFREQ_TYPE) : null;
  });
}

function withSocket<T>(work: (fd: number) => T): T {
  const fd = Number(openSocket(AF_INET, SOCK_DGRAM, 0));
  if (fd < 0) throw new KernelError("socket", koffi.errno());
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

// Messages to the service manager that started this process (sd_notify(3)): datagrams to the socket in NOTIFY_SOCKET. Where
// there is none, nothing is sent.

import koffi from "koffi";

/** Sends one state, such as `READY=1`. Never throws: a manager that does not listen is no reason to stop. */
export type Notify = (state: string) => void;

export type Environment = Readonly<Record<string, string | undefined>>;

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** What sun_path holds (unix(7)). */
const PATH_BYTES = 108;

export function serviceNotify(environment: Environment): Notify {
  const address = addressOf(environment["NOTIFY_SOCKET"] ?? "");
  if (address === null) return () => undefined;
  const libc = koffi.load("libc.so.6");
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const sendto = libc.func(
    "long sendto(int socket, const void *data, size_t length, int flags, const void *address, uint address_length)",
  );
  const close = libc.func("int close(int fd)");
  return (state) => {
    const fd: unknown = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (typeof fd !== "number" || fd < 0) return;
    const data = Buffer.from(state);
    sendto(fd, data, data.length, 0, address, address.length);
    close(fd);
  };
}

/** Within what time the manager wants a sign of life, in milliseconds (sd_watchdog_enabled(3)); null where it wants none. */
export function watchdogMs(environment: Environment, pid: number): number | null {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: ofPid } = environment;
  const ms = Number(microseconds) / 1000;
  return ms > 0 && (ofPid === undefined || Number(ofPid) === pid) ? ms : null;
}

/** struct sockaddr_un: a path, or a name that begins with @ for one without a file. */
function addressOf(name: string): Buffer | null {
  const path = Buffer.from(name);
  if (!/^[/@]./.test(name) || path.length >= PATH_BYTES) return null;
  if (path[0] === 0x40) path[0] = 0;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, path]);
}

// A user of this machine by name (getpwnam(3)), and becoming it.

import koffi from "koffi";

export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const passwd = koffi.struct({ name: "str", password: "str", uid: "uint32_t", gid: "uint32_t" });
const libc = koffi.load("libc.so.6");
const getpwnam = libc.func("getpwnam", koffi.pointer(passwd), ["str"]);
const initgroups = libc.func("int initgroups(str user, uint32_t group)");

/** Null where there is no such user. */
export function findUser(name: string): UserAccount | null {
  const found: unknown = getpwnam(name);
  if (found === null) return null;
  const { uid, gid }: Readonly<Record<"uid" | "gid", number>> = koffi.decode(found, passwd);
  return { name, uid, gid };
}

/** Takes on the user and its groups, in all threads and for good. Throws where this process may not. */
export function becomeUser({ name, uid, gid }: UserAccount): void {
  if (initgroups(name, gid) !== 0) throw new Error(`initgroups failed with errno ${koffi.errno()}`);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

// What the kernel, or a library on the way to it, refused.

import { getSystemErrorName } from "node:util";

/** `operation` failed; the message names it and the kernel's answer on one line. */
export class KernelError extends Error {
  override readonly name = "KernelError";
  /** Positive errno, 0 where the refusal has none. */
  readonly errno: number;

  constructor(operation: string, errno: number, hint = "") {
    super(`${operation}${errno === 0 ? "" : `: ${errorName(errno)}`}${hint === "" ? "" : ` (${hint})`}`);
    this.errno = errno;
  }
}

/** linux/errno.h, as far as answers depend on it. */
export const Errno = { noEntry: 2, noSpace: 28, permission: 1, access: 13, noDevice: 19, exists: 17 } as const;

/** `result`, which libbpf gives as a negative errno on failure. Throws KernelError then. */
export function checked(operation: string, result: number): number {
  if (result < 0) throw new KernelError(operation, -result);
  return result;
}

function errorName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

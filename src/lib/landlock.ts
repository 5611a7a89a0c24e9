// Landlock (landlock(7), Linux 5.13): a process takes access to files and the network from itself. Here all of it, in every
// thread; what is open stays open.

import { closeSync } from "node:fs";
import { inEveryThread } from "./every-thread.ts";
import { systemCall } from "./system-call.ts";

const LANDLOCK_CREATE_RULESET_VERSION = 1;
/** Accesses to files by the version of the interface that brought them: 13, refer, truncate, and ioctl of devices with 5. */
const FILE_ACCESSES = [0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff];
/** From version 4: bind and connect of TCP. */
const NETWORK = { version: 4, accesses: 3n };
/** From version 6: abstract unix sockets. Signals are left out: threads of one process have a domain each. */
const SCOPE = { version: 6, accesses: 1n };
/** struct landlock_ruleset_attr has grown with the versions. */
const RULESET_BYTES = 24;

/** Takes all access to files, TCP ports and abstract sockets from this process. Needs no_new_privs. Returns what failed, or null. */
export function denyFilesAndNetwork(): string | null {
  const version = systemCall("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 0) return `this kernel has no Landlock (errno ${-version}); it came with Linux 5.13`;
  const ruleset = emptyRuleset(version);
  if (ruleset < 0) return `landlock_create_ruleset failed with errno ${-ruleset}`;
  try {
    return inEveryThread([{ name: "landlock_restrict_self", args: [ruleset, 0] }]);
  } finally {
    closeSync(ruleset);
  }
}

/** Handles every access that this kernel knows, and allows none. */
function emptyRuleset(version: number): number {
  const attributes = Buffer.alloc(RULESET_BYTES);
  attributes.writeBigUInt64LE(BigInt(FILE_ACCESSES[version] ?? FILE_ACCESSES.at(-1) ?? 0), 0);
  attributes.writeBigUInt64LE(version >= NETWORK.version ? NETWORK.accesses : 0n, 8);
  attributes.writeBigUInt64LE(version >= SCOPE.version ? SCOPE.accesses : 0n, 16);
  const bytes = version >= SCOPE.version ? 24 : version >= NETWORK.version ? 16 : 8;
  return systemCall("landlock_create_ruleset", attributes, bytes, 0);
}

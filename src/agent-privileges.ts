// Least privilege for the agent: before it does anything else it gives up what it does not need, in all threads and for good.
// Root keeps being root by default, without root's powers; with `agent.user` it becomes somebody else.

import { constants, openSync, readdirSync } from "node:fs";
import { closedFiles, closedKernelFolders } from "./agent-files.ts";
import { findBpffs, reachBpffs } from "./capture/ebpf/bpffs.ts";
import { KernelError } from "./capture/ebpf/kernel-error.ts";
import { type Config, ConfigError } from "./config/config.ts";
import * as capabilities from "./lib/capabilities.ts";
import { systemCall } from "./lib/system-call.ts";
import { becomeUser, findUser, type UserAccount } from "./lib/user-account.ts";
import type { Log } from "./telemetry/log.ts";

type CapabilityName = capabilities.CapabilityName;

/** Why more is kept than counting needs. */
interface Need {
  readonly capabilities: readonly CapabilityName[];
  readonly because: string;
}

export interface Privileges {
  /** The configuration as the agent can use it with what is left. */
  adapt(config: Config): Config;
  /** Says what was kept, and what could not be given up. */
  report(log: Log): void;
}

const FIRST_FREE_PORT = 1024;
const RLIMIT_MEMLOCK = 8;

/**
 * Gives up everything but CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW, and what the configuration's files and port need beyond.
 * Throws ConfigError where `agent.user` cannot be, or cannot use the configuration's files.
 */
export function limitPrivileges(config: Config): Privileges {
  const user = userOf(config);
  process.umask(0o077);
  keepFilesFromPrograms();
  const bpffs = holdBpffs(config);
  liftMemoryLimit();
  const isRoot = user === null && process.geteuid?.() === 0;
  const needs = [...portNeeds(config), ...(isRoot ? fileNeeds(config, bpffs) : [])];
  const kept = capabilities.capabilitySet([...captureNeeds(), ...needs.flatMap((need) => need.capabilities)]);
  const before = [
    user === null ? null : capabilities.holdThroughUserChange(),
    capabilities.limitBoundingSet(kept),
  ].filter((problem) => problem !== null);
  if (user !== null) become(user, config, before);
  const after = [capabilities.keepCapabilities(kept), capabilities.hideMemory()].filter((problem) => problem !== null);
  const problems = [...before, ...after];
  if (user !== null) requireFiles(config, user, bpffs);
  return {
    adapt: (loaded) => (loaded.capture.bpffs === config.capture.bpffs ? withBpffs(loaded, bpffs) : loaded),
    report(log) {
      const held = capabilities.capabilityNames(capabilities.heldCapabilities().permitted);
      log.info({ uid: process.geteuid?.(), capabilities: held }, "privileges limited");
      for (const need of needs) log.warn(need, "keeps more privileges than counting needs");
      if (problems.length > 0) log.warn({ problems }, "privileges could not be limited as they should be");
    },
  };
}

function captureNeeds(): readonly CapabilityName[] {
  const forBpf = capabilities.kernelHasCapBpf() ? (["CAP_BPF"] as const) : (["CAP_SYS_ADMIN"] as const);
  return [...forBpf, "CAP_NET_ADMIN", "CAP_NET_RAW"];
}

function portNeeds({ agent }: Config): readonly Need[] {
  const port = agent.listen?.port ?? 0;
  if (port === 0 || port >= FIRST_FREE_PORT) return [];
  return [{ capabilities: ["CAP_NET_BIND_SERVICE"], because: `agent.listen has port ${port}` }];
}

/** Root without capabilities may use root's files. What it needs to use those of others, if the configuration names such. */
function fileNeeds(config: Config, bpffs: string): readonly Need[] {
  const { effective, permitted } = capabilities.heldCapabilities();
  const overrides = capabilities.capabilitySet(["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"]);
  capabilities.useCapabilities(effective & ~overrides);
  try {
    const { folders, files } = closedFiles(config);
    const { counting, wanted } = closedKernelFolders(config, bpffs);
    const kernel = [...counting, ...(wanted === null ? [] : [wanted])];
    const because = `closed to root without them: ${[...folders, ...kernel, ...files].join(", ")}`;
    if (folders.length + kernel.length > 0) return [{ capabilities: ["CAP_DAC_OVERRIDE", "CAP_FOWNER"], because }];
    return files.length > 0 ? [{ capabilities: ["CAP_DAC_READ_SEARCH"], because }] : [];
  } finally {
    capabilities.useCapabilities(effective & permitted);
  }
}

function userOf({ file, agent }: Config & { readonly agent: { readonly user?: string } }): UserAccount | null {
  if (agent.user === undefined) return null;
  const user = findUser(agent.user);
  const key = `${file}: agent.user = ${JSON.stringify(agent.user)}`;
  if (user === null) throw new ConfigError([`${key}: there is no such user; make it, or leave the key out`]);
  if (user.uid === process.geteuid?.()) return null;
  if (process.geteuid?.() === 0) return user;
  throw new ConfigError([`${key}: only root can become another user; start it as root, or leave the key out`]);
}

/**
 * Going on as root would be the opposite of what is asked for. The C library changes the user by the signal by which threads
 * were reached before: where one did not answer, it would wait for ever.
 */
function become(user: UserAccount, { file }: Config, problems: readonly string[]): void {
  const key = `${file}: agent.user = ${JSON.stringify(user.name)}: cannot become this user`;
  if (problems.length > 0)
    throw new ConfigError([`${key}: ${problems.join("; ")}; start it again, or leave the key out`]);
  try {
    becomeUser(user);
  } catch (error) {
    throw new ConfigError([`${key}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function requireFiles(config: Config, { name }: UserAccount, bpffs: string): void {
  const key = `${config.file}: agent.user = ${JSON.stringify(name)}`;
  const { folders, files } = closedFiles(config);
  const { counting, wanted } = closedKernelFolders(config, bpffs);
  const problems = [
    ...folders.map((folder) => `${key}: ${folder} cannot be written by this user; chown -R ${name} ${folder}`),
    ...files.map((file) => `${key}: ${file} cannot be read by this user; chgrp ${name} ${file} && chmod g+r ${file}`),
    ...counting.map((reason) => `${key}: ${reason}, where an earlier agent may still count; ${DETACH_FIRST}`),
    ...(wanted === null || counting.length > 0
      ? []
      : [`${key}: ${wanted} cannot be written by this user; ${ownBpffs(name)}`]),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

const DETACH_FIRST = "run acct-agent detach as root, or as the user that ran it, first";

function ownBpffs(name: string): string {
  const mount = `mount -t bpf bpf DIR && chown ${name} DIR`;
  return `give it one of its own (${mount}; capture.bpffs = "DIR"), or set capture.backend = "pcap"`;
}

/** What whoever started this process left open is none of the programs' that it starts. */
function keepFilesFromPrograms(): void {
  const F_SETFD = 2;
  const FD_CLOEXEC = 1;
  for (const fd of readdirSync("/proc/self/fd").map(Number)) {
    if (fd > 2) systemCall("fcntl", fd, F_SETFD, FD_CLOEXEC);
  }
}

/** Before Linux 5.11 kernel programs and their maps count as locked memory; only root may lift its limit. */
function liftMemoryLimit(): void {
  const { effective } = capabilities.heldCapabilities();
  if (!capabilities.holds(effective, "CAP_SYS_RESOURCE")) return;
  systemCall("prlimit64", 0, RLIMIT_MEMLOCK, Buffer.alloc(16, 0xff), 0);
}

/**
 * Mounts a bpffs where root may and nobody has. One that is only reached through the first process, whose files are closed to a
 * root without capabilities, is held open, and reached through this process from now on.
 */
function holdBpffs({ capture }: Config): string {
  if (process.geteuid?.() !== 0) return capture.bpffs;
  try {
    const reached = capture.backend === "pcap" ? findBpffs(capture.bpffs) : reachBpffs(capture.bpffs);
    if (reached === null || reached === capture.bpffs) return capture.bpffs;
    return `/proc/self/fd/${openSync(reached, constants.O_RDONLY | constants.O_DIRECTORY)}`;
  } catch (error) {
    // Whether it is needed, and what is missing, is found out when a backend is chosen.
    if (error instanceof KernelError) return capture.bpffs;
    throw error;
  }
}

function withBpffs(config: Config, bpffs: string): Config {
  return { ...config, capture: { ...config.capture, bpffs } };
}

// `acct-agent detach`: ends counting in the kernel. What the kernel still has goes to the ledger first.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { maintenanceOptions } from "../agent-options.ts";
import { lockStateDir } from "../buffer/agent-lock.ts";
import { LEDGER_FILE } from "../buffer/database.ts";
import { CaptureMetrics } from "../capture/capture-metrics.ts";
import { removeEmpty } from "../capture/ebpf/bpffs.ts";
import { interfaceFolders, type KernelFolders, takeInOrphans, retire } from "../capture/ebpf/kernel-folders.ts";
import { notedPlaces, notePlaces, otherFolders, requireOpenPlaces } from "../capture/ebpf/kernel-places.ts";
import { findKernelFolder } from "../capture/ebpf/support.ts";
import type { WindowSink } from "../capture/window-sink.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { Ledger } from "../ledger/ledger.ts";
import type { WindowUsage } from "../model/window.ts";
import { createLog, stageLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { readArguments } from "./arguments.ts";
import { complain, type ExitCode, print } from "./command.ts";
import { DETACH } from "./options/detach.ts";

/** Rejects with KernelError or LedgerError where something stays. */
export async function detach(args: readonly string[]): Promise<ExitCode> {
  const config = loadConfig(readArguments(DETACH, args).options.config);
  const { stateDir } = config.agent;
  const noted = notedPlaces(stateDir);
  if (findKernelFolder(config.capture.bpffs) === null && noted.length === 0) return nothing(stateDir);
  if (!existsSync(join(stateDir, LEDGER_FILE))) {
    complain(`${stateDir}: there is no ledger: what the kernel has is discarded`);
    return detachAll(config, "detach", discard());
  }
  using _lock = lockStateDir(stateDir);
  using ledger = new Ledger(maintenanceOptions(config));
  // Awaited here: the ledger closes when this returns.
  return await detachAll(config, ledger.identity(), commitTo(ledger));
}

/** What was handed over. */
interface CountingSink extends WindowSink {
  readonly handed: { windows: number; bytes: number };
}

async function detachAll(config: Config, ledgerId: string, sink: CountingSink): Promise<ExitCode> {
  const { stateDir } = config.agent;
  let removed = 0;
  for (const folders of kernelFolders(config, ledgerId)) {
    takeInOrphans(folders);
    for (const path of interfaceFolders(folders)) {
      await detachOne(config, path, sink);
      removed++;
    }
    removeEmpty(join(folders.folder, ledgerId));
  }
  notePlaces(stateDir, []);
  return removed === 0 ? nothing(stateDir) : 0;
}

/** In the configured bpffs, and in others in which agents of this state folder have counted. */
function kernelFolders(
  { agent: { stateDir }, capture: { bpffs } }: Config,
  ledgerId: string,
): readonly KernelFolders[] {
  const folder = findKernelFolder(bpffs);
  const noted = notedPlaces(stateDir);
  if (process.geteuid?.() !== 0) requireOpenPlaces(noted, bpffs);
  for (const place of noted.filter((other) => findKernelFolder(other.bpffs) === null)) {
    complain(`${place.bpffs} is no bpffs here: what the kernel counted there is given up`);
  }
  const own = folder === null ? [] : [{ folder, ledgerId, stateDir }];
  return [...own, ...otherFolders(noted, { ledgerId, stateDir }, bpffs)];
}

async function detachOne(config: Config, path: string, sink: CountingSink): Promise<void> {
  const handed = { ...sink.handed };
  const log = stageLog(createLog(config.agent.logLevel), "capture");
  await retire(path, { sink, log, metrics: new CaptureMetrics(createMetrics()) });
  const { windows, bytes } = sink.handed;
  print(`${path}: removed, ${windows - handed.windows} windows with ${bytes - handed.bytes} bytes handed over`);
}

function nothing(stateDir: string): ExitCode {
  print(`${stateDir}: this agent has nothing in the kernel`);
  return 0;
}

function commitTo(ledger: Ledger): CountingSink {
  return countingSink((window, kind) => {
    if (kind === "closed") ledger.close(window, { live: true });
    else ledger.hold(window);
  });
}

function discard(): CountingSink {
  return countingSink(() => undefined);
}

function countingSink(take: (window: WindowUsage, kind: "closed" | "open") => void): CountingSink {
  const handed = { windows: 0, bytes: 0 };
  const put = (window: WindowUsage, kind: "closed" | "open"): Promise<boolean> => {
    take(window, kind);
    handed.windows++;
    handed.bytes += window.totals.ipBytes;
    return Promise.resolve(true);
  };
  return { handed, closed: (window) => put(window, "closed"), open: (window) => put(window, "open") };
}

// `acct-agent detach`: ends counting in the kernel. What the kernel still has goes to the ledger first.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { maintenanceOptions } from "../agent-options.ts";
import { lockStateDir } from "../buffer/agent-lock.ts";
import { LEDGER_FILE } from "../buffer/database.ts";
import { CaptureMetrics } from "../capture/capture-metrics.ts";
import { removeEmpty } from "../capture/ebpf/bpffs.ts";
import { interfaceFolders, takeInOrphans, retire } from "../capture/ebpf/kernel-folders.ts";
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
  const folder = findKernelFolder(config.capture.bpffs);
  if (folder === null) return nothing(stateDir);
  if (!existsSync(join(stateDir, LEDGER_FILE))) {
    complain(`${stateDir}: there is no ledger: what the kernel has is discarded`);
    return detachAll(config, { folder, ledgerId: "detach", stateDir }, discard());
  }
  using _lock = lockStateDir(stateDir);
  using ledger = new Ledger(maintenanceOptions(config));
  // Awaited here: the ledger closes when this returns.
  return await detachAll(config, { folder, ledgerId: ledger.identity(), stateDir }, commitTo(ledger));
}

/** What was handed over. */
interface CountingSink extends WindowSink {
  readonly handed: { windows: number; bytes: number };
}

async function detachAll(
  config: Config,
  folders: Parameters<typeof takeInOrphans>[0],
  sink: CountingSink,
): Promise<ExitCode> {
  takeInOrphans(folders);
  const found = interfaceFolders(folders);
  if (found.length === 0) return nothing(config.agent.stateDir);
  const log = stageLog(createLog(config.agent.logLevel), "capture");
  for (const path of found) {
    const handed = { ...sink.handed };
    await retire(path, { sink, log, metrics: new CaptureMetrics(createMetrics()) });
    const { windows, bytes } = sink.handed;
    print(`${path}: removed, ${windows - handed.windows} windows with ${bytes - handed.bytes} bytes handed over`);
  }
  removeEmpty(join(folders.folder, folders.ledgerId));
  return 0;
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

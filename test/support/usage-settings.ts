// What the status thread is told of a configuration, and a status that is handed to it.

import type { Status } from "../../src/status/status.ts";
import type { UsageSettings } from "../../src/status/usage-settings.ts";

/** An agent on eth0, without networks and contracts. */
export function usageSettings(stateDir: string, changes: Partial<UsageSettings> = {}): UsageSettings {
  return {
    stateDir,
    instance: "edge-01",
    externalLabels: {},
    windowMs: 60_000,
    byteLayer: "ip",
    overheadPerPacket: 0,
    interfaces: ["eth0"],
    networks: [],
    contracts: [],
    ...changes,
  };
}

/** Of an agent that is well and has nothing to tell but when its last window ended. */
export function quietStatus(lastWindowEnd: string | null = null): Status {
  const time = new Date().toISOString();
  const rates = { in_bps: null, out_bps: null, unaccounted_bps: null, dropped_frames: null };
  const eth0 = { name: "eth0", backend: "pcap", capturing: true, reason: null, completeness: null, ...rates };
  return {
    instance: "edge-01",
    version: "0.1.0",
    time,
    started: time,
    window_seconds: 60,
    health: "ok",
    interfaces: [{ ...eth0, last_window_end: lastWindowEnd }],
    endpoints: [],
    ledger: null,
    clock: null,
    networks: [],
    top: [],
  };
}

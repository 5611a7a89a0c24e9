// A real ledger with windows of a whole billing interval each, and its requests as they reach a database.

import type { Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../src/ledger/ledger-options.ts";
import { RemoteWriteClient } from "../../src/ship/remote-write-client.ts";
import { endpointOf } from "../unit/ship/ship-fixture.ts";
import { ledgerOptions } from "./ledger-options.ts";
import type { MetricsServer } from "./prometheus.ts";
import { type Row, windowUsage } from "./window-usage.ts";

const INTERVAL_MS = 300_000;

export interface Request {
  readonly windowEndMs: number;
  readonly body: Uint8Array;
}

export interface Traffic {
  readonly networks: readonly string[];
  readonly rows: readonly Row[];
  readonly interface?: string;
  /** Milliseconds of the window that were observed; default: all. */
  readonly observedMs?: number;
}

/** Those of a ledger whose windows are billing intervals; one endpoint, `central`. */
export function pushedOptions(stateDir: string, changes: Partial<LedgerOptions> = {}): LedgerOptions {
  return ledgerOptions(stateDir, { windowMs: INTERVAL_MS, ...changes });
}

/** Closes a window of 300 s as live capture does. */
export function closeInterval(ledger: Ledger, startMs: number, traffic: Traffic): void {
  const { networks, rows, interface: name = "eth0", observedMs = INTERVAL_MS } = traffic;
  const changes = { endMs: startMs + INTERVAL_MS, networks, interface: name };
  const window = windowUsage(startMs, rows, changes);
  ledger.close({ ...window, quality: { ...window.quality, observedMs } }, { live: true });
}

/** Takes all that is pending, in order, without pushing it. */
export function takeRequests(ledger: Ledger, endpoint = "central"): Request[] {
  const requests: Request[] = [];
  for (let request = ledger.next(endpoint); request; request = ledger.next(endpoint)) {
    requests.push(request);
    ledger.accepted(endpoint, request.id);
  }
  return requests;
}

/** Pushes as the agent does; throws where one is not accepted. */
export async function push(server: MetricsServer, requests: readonly Request[]): Promise<void> {
  const dependencies = { clock: { now: () => Date.now() }, version: "0.1.0" };
  await using client = new RemoteWriteClient(endpointOf(server.writeUrl), dependencies);
  const { signal } = new AbortController();
  for (const { body } of requests) {
    const { outcome } = await client.send(body, 0, signal);
    if (outcome.kind !== "accepted") throw new Error(outcome.reason);
  }
  // VictoriaMetrics answers queries with what it got a moment ago only after this; Prometheus knows no such address.
  await fetch(`${server.url}/internal/force_flush`);
}

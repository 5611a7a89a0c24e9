// What the ledger takes of a configuration, and what accounting takes of that.

import { type ByteLayer, overheadPerPacket } from "../model/byte-layer.ts";
import type { Labels, Network } from "../model/network.ts";

/** Everything that the ledger needs of a configuration; plain values, so that it crosses to the thread. */
export interface LedgerOptions {
  readonly stateDir: string;
  readonly windowMs: number;
  readonly idleTimeoutMs: number;
  readonly byteLayer: ByteLayer;
  readonly vlanTags: number;
  /** `instance`, `job` and the external labels. */
  readonly baseLabels: Labels;
  readonly networks: readonly Network[];
  /** Whether this process is the agent: only it ends what the configuration no longer has. */
  readonly owner: boolean;
  /** Names of the endpoints; with none, nothing is encoded. */
  readonly endpoints: readonly string[];
  /** Those of them that get nothing of what is queued when they are added. */
  readonly endpointsFromNow: readonly string[];
  /** Customer (a network's label `customer`) and time zone of each contract. */
  readonly contracts: readonly { readonly customer: string; readonly timeZone: string }[];
  readonly maxBytes: number;
  readonly retentionMs: number;
}

/** What accounting needs to know of it. */
export function accountOptions(options: LedgerOptions) {
  const zonesOf = (customer: string | undefined): string[] =>
    options.contracts.filter((contract) => contract.customer === customer).map((contract) => contract.timeZone);
  const orUtc = (zones: string[]): string[] => [...new Set(zones.length === 0 ? ["UTC"] : zones)];
  return {
    windowMs: options.windowMs,
    idleTimeoutMs: options.idleTimeoutMs,
    overheadPerPacket: overheadPerPacket(options.byteLayer, options.vlanTags),
    timeZonesOf: (labels: Labels) => orUtc(zonesOf(labels["customer"])),
    timeZones: [...new Set(["UTC", ...options.contracts.map((contract) => contract.timeZone)])],
  };
}

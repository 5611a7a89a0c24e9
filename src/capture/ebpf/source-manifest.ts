// What the agent keeps with a source's maps, so that whoever finds them can read them: written once, before the
// program counts, and never changed.

import { createHash } from "node:crypto";
import type { Network } from "../../model/network.ts";
import { formatPrefix } from "../../model/prefix.ts";
import type { Link } from "./layout.ts";

/** How the program is attached: TCX links outlive the agent, a packet socket does not. */
export type AttachKind = "tcx" | "socket";

/** Everything that makes one source count differently from another. */
export interface SourceSettings {
  readonly interface: string;
  readonly attach: AttachKind;
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly networks: readonly Network[];
}

/** What the maps mean; a change of layout.ts needs another number. */
export const LAYOUT_VERSION = 1;

export interface SourceManifest {
  readonly layout: number;
  /** Names the source in the ledger. */
  readonly id: string;
  /** Sources of an interface follow each other in this order (CLOCK_MONOTONIC, nanoseconds). */
  readonly madeNs: string;
  /** Equal where program, settings and place are. */
  readonly digest: string;
  readonly interface: string;
  /** Of the network namespace. */
  readonly namespace: string;
  readonly attach: AttachKind;
  readonly link: Link;
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly totalsSlots: number;
  /** Names, by the index that the maps have. */
  readonly networks: readonly string[];
  readonly stateDir: string;
}

/** Where a source counts and with which program. */
export interface SourcePlace {
  readonly programDigest: string;
  readonly namespace: string;
  readonly link: Link;
}

export function settingsDigest(settings: SourceSettings, place: SourcePlace): string {
  const { interface: name, attach, windowMs, maxAddresses } = settings;
  const { programDigest, namespace, link } = place;
  const networks = settings.networks.map(({ name: network, prefixes }) => [network, ...prefixes.map(formatPrefix)]);
  return createHash("sha256")
    .update(JSON.stringify([LAYOUT_VERSION, name, attach, windowMs, maxAddresses, networks, programDigest]))
    .update(JSON.stringify([namespace, link]))
    .digest("hex");
}

const DAY_MS = 86_400_000;

/** Windows that `totals` tells apart: a day of them, within bounds that keep the map small. */
export function totalsSlots(windowMs: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(DAY_MS / windowMs));
  return Math.min(16_384, Math.max(1_024, wanted));
}

/** Entries of `usage`: two windows' addresses. */
export function usageEntries(maxAddresses: number): number {
  return 2 * maxAddresses;
}

/** Entries of `overflow`: pairs of network and window. */
export function overflowEntries(networks: number): number {
  return Math.min(65_536, Math.max(1_024, networks * 64));
}

export function encodeManifest(manifest: SourceManifest): Buffer {
  return Buffer.from(JSON.stringify(manifest));
}

/** The manifest in a map's value, which zeros may fill up. */
export function decodeManifest(value: Buffer): SourceManifest {
  const end = value.indexOf(0);
  const manifest: SourceManifest = JSON.parse(value.toString("utf8", 0, end < 0 ? value.length : end));
  return manifest;
}

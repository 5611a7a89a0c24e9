// What the status thread has to know of a configuration; plain values, so that they cross to it.

import type { ByteLayer } from "../model/byte-layer.ts";
import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";

export interface UsageSettings {
  readonly stateDir: string;
  readonly instance: string;
  readonly externalLabels: Labels;
  readonly windowMs: number;
  readonly byteLayer: ByteLayer;
  /** Bytes that the layer adds to each packet. */
  readonly overheadPerPacket: number;
  readonly interfaces: readonly string[];
  readonly networks: readonly { readonly name: string; readonly labels: Labels }[];
  /** As configured. */
  readonly contracts: readonly Contract[];
}

// A network: a named set of prefixes whose addresses are accounted, with the labels that its series carry.

import type { Prefix } from "./prefix.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Network {
  readonly name: string;
  /** Prefixes of this network, ranges already turned into prefixes. */
  readonly prefixes: readonly Prefix[];
  readonly labels: Labels;
  /** `address` also keeps and pushes the billing intervals of each address. */
  readonly billBy: "network" | "address";
}

// Traffic of every kind that is accounted differently, random but for its seed: both families and directions, between
// two networks, of nobody's network, received and sent by the accounted interface; and networks to account it under.

import type { Burst } from "./burst.ts";
import type { NetworkOf } from "./ground-truth.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { TrafficPlan } from "./window-traffic.ts";

const INTERNET = "198.51.100.7";
const INTERNET6 = "2001:db8:ffff::7";

export const MIXED_NETWORKS = [
  { name: "acme", prefixes: ["10.1.0.0/24", "2001:db8:1::/64"], labels: { customer: "acme" } },
  { name: "beta", prefixes: ["10.2.0.0/24"], labels: { customer: "beta" }, bill_by: "address" },
  { name: "silent", prefixes: ["10.9.0.0/24"], labels: { customer: "quiet" } },
];

/** The network of MIXED_NETWORKS by an address' first digits. */
export const mixedNetworkOf: NetworkOf = (address) => {
  if (address.startsWith("10.1.0.") || address.startsWith("2001:db8:1::")) return "acme";
  return address.startsWith("10.2.0.") ? "beta" : null;
};

type Route = Pick<Burst, "from" | "source" | "destination" | "vary">;

const ROUTES: readonly Route[] = [
  { from: "peer", source: INTERNET, destination: "10.1.0.1", vary: "destination" },
  { from: "peer", source: "10.1.0.1", destination: INTERNET, vary: "source" },
  { from: "peer", source: INTERNET6, destination: "2001:db8:1::1", vary: "destination" },
  { from: "peer", source: "10.2.0.1", destination: "10.1.0.1", vary: "source" },
  { from: "peer", source: "203.0.113.1", destination: INTERNET, vary: "source" },
  { from: "edge", source: "10.2.0.1", destination: INTERNET, vary: "source" },
  { from: "edge", source: "2001:db8:1::1", destination: INTERNET6, vary: "source" },
];

/** About two in three routes each window, at rates and sizes of its own. */
export function mixedPlan(random: SeededRandom): TrafficPlan {
  return () =>
    ROUTES.filter(() => random.chance(0.65)).map((route) => ({
      ...route,
      hosts: random.whole(1, 12),
      ipBytes: random.whole(60, 1_400),
      rate: random.whole(100, 900),
    }));
}

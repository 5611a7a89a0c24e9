// Which interface and which addresses are accounted where the configuration names none.

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { Network } from "../model/network.ts";
import { parsePrefix, type Prefix } from "../model/prefix.ts";

/** The network of an interface's own addresses. */
const OWN_NETWORK = "host";

/** The interface of the default route, IPv4 before IPv6, lowest metric first; null where there is no default route. */
export function defaultRouteInterface(): string | null {
  const ipv4 = routes("/proc/self/net/route", (columns) => {
    const [name = "", destination, , , , , metric, mask] = columns;
    // A route that refuses packets has "*" for its interface.
    const isDefault = destination === "00000000" && mask === "00000000" && name !== "*";
    return isDefault ? { name, metric: Number(metric) } : null;
  });
  const ipv6 = routes("/proc/self/net/ipv6_route", (columns) => {
    const [destination, length, , , , metric = "", , , , name = ""] = columns;
    const isDefault = destination === "0".repeat(32) && length === "00" && name !== "lo";
    return isDefault ? { name, metric: Number.parseInt(metric, 16) } : null;
  });
  return lowestMetric(ipv4) ?? lowestMetric(ipv6);
}

/** One network of the addresses that the interfaces have now, without labels; empty where they have none. */
export function ownNetworks(interfaces: readonly string[]): readonly Network[] {
  const all = networkInterfaces();
  const addresses = interfaces.flatMap((name) => all[name] ?? []).map(({ address }) => address.replace(/%.*$/, ""));
  const prefixes = [...new Set(addresses)].flatMap((address): Prefix[] => {
    const parsed = parsePrefix(address);
    return parsed.ok ? [parsed.value] : [];
  });
  return prefixes.length === 0 ? [] : [{ name: OWN_NETWORK, prefixes, labels: {}, billBy: "network" }];
}

interface Route {
  readonly name: string;
  readonly metric: number;
}

function routes(file: string, parse: (columns: string[]) => Route | null): Route[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // A kernel without this family has no such file, and no such route.
    return [];
  }
  return text.split("\n").flatMap((line) => parse(line.trim().split(/\s+/)) ?? []);
}

function lowestMetric(found: readonly Route[]): string | null {
  return found.toSorted((a, b) => a.metric - b.metric)[0]?.name ?? null;
}

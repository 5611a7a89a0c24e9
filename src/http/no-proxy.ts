// Which hosts are reached without a proxy, by the rules that Prometheus documents for no_proxy and inherits from Go
// (golang.org/x/net/http/httpproxy, type Config): a comma-separated list of addresses, prefixes and domain names.

import { BlockList, isIP } from "node:net";

interface Host {
  /** Lower case, without brackets. */
  readonly name: string;
  readonly port: string;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether `url` is reached directly. "localhost" and loopback addresses always are. An entry "*" means every host, "a.b"
 * the domain and what is below it, ".a.b" and "*.a.b" only what is below it; address and domain may end in a port.
 * Entries that are nothing of this are passed over.
 */
export function isDirect(url: URL, noProxy: string): boolean {
  const name = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const host = { name, port: url.port || (url.protocol === "https:" ? "443" : "80") };
  if (name === "localhost" || holds(LOOPBACK, name)) return true;
  return noProxy.split(",").some((entry) => matches(entry.trim().toLowerCase(), host));
}

function matches(entry: string, host: Host): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isInPrefix(entry, host.name);
  const { name, port } = splitPort(entry);
  if (port !== "" && port !== host.port) return false;
  const family = isIP(name);
  if (family !== 0) {
    const list = new BlockList();
    list.addAddress(name, family === 4 ? "ipv4" : "ipv6");
    return holds(list, host.name);
  }
  return isInDomain(name, host.name);
}

function isInPrefix(entry: string, name: string): boolean {
  const [address = "", length = ""] = entry.split("/");
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(length), family === 4 ? "ipv4" : "ipv6");
  return holds(list, name);
}

function isInDomain(entry: string, name: string): boolean {
  const domain = entry.replace(/^\*(?=\.)/, "");
  if (domain === "") return false;
  return domain.startsWith(".") ? name.endsWith(domain) : name === domain || name.endsWith(`.${domain}`);
}

/** "a.b:80", "[::1]:80"; an IPv6 address without brackets has no port. */
function splitPort(entry: string): Host {
  const [, bracketed, plain, port = ""] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bracketed ?? plain ?? entry, port };
}

function holds(list: BlockList, name: string): boolean {
  const family = isIP(name);
  return family !== 0 && list.check(name, family === 4 ? "ipv4" : "ipv6");
}

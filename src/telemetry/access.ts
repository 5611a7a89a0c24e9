// Who is answered: requests that name this host, and where a password is set, those that have it.

import { formatAddress, parseAddress } from "../model/address.ts";
import { type Answer, textAnswer } from "./answer.ts";

export interface AccessRules {
  /** Names and addresses that a request may name, besides loopback and the address that was connected to. */
  readonly hosts: readonly string[];
  /** Whether the value of an Authorization header is the right one; null asks for none. */
  readonly authorize: ((header: string | undefined) => Promise<boolean>) | null;
}

/** What is asked of a client. */
export interface Caller {
  /** The host that the request names, with a port or without; undefined for none. */
  readonly host: string | undefined;
  /** Value of its Authorization header. */
  readonly authorization: string | undefined;
  /** That it connected to. */
  readonly localAddress: string | undefined;
}

/** Why a request is not answered; null where it is. */
export async function refusalOf(caller: Caller, { hosts, authorize }: AccessRules): Promise<Answer | null> {
  if (!isServedHost(caller, hosts)) return foreignHost();
  if (authorize === null || (await authorize(caller.authorization))) return null;
  const challenge = 'Basic realm="acct-agent", charset="UTF-8"';
  return textAnswer(401, "user and password are needed: see agent.basic_auth\n", { "WWW-Authenticate": challenge });
}

function foreignHost(): Answer {
  const fix = "use the address or the name in agent.listen, or add the name to agent.listen_names";
  return textAnswer(403, `the request names another host: ${fix}\n`);
}

/**
 * Keeps out web pages whose name was pointed at this address (DNS rebinding). Such a request carries the page's name, so
 * names of this host and the address that was connected to are safe, as is a request without a Host (HTTP/1.0).
 */
function isServedHost({ host: named, localAddress }: Caller, hosts: readonly string[]): boolean {
  if (named === undefined) return true;
  const host = canonicalHost(named.replace(/:\d*$/, ""));
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  return hosts.some((name) => host === canonicalHost(name)) || host === canonicalHost(localAddress ?? "");
}

/** One form for each address, and names in lower case. */
function canonicalHost(host: string): string {
  const address = parseAddress(host.replace(/^\[(.*)\]$/, "$1"));
  return address === null ? host.toLowerCase() : formatAddress(address);
}

// Rules that join several keys. Each takes the raw document, passes over what the schema refuses anyway, and returns
// its problems; each is linear in the size of the document.

import { formatDuration, parseDuration } from "../lib/units.ts";
import { connectionProblems } from "./connection-checks.ts";
import { contractProblems } from "./contract-checks.ts";
import { entriesAt, type Path, type Table, tableAt, valueAt } from "./document.ts";
import { networkProblems } from "./network-checks.ts";
import { isLoopback, readListen } from "./network-values.ts";
import { formatPath, type Problem } from "./problem.ts";

/** All problems of `document` that the schema cannot see. */
export function crossProblems(document: Table): Problem[] {
  return [
    ...listenProblems(document),
    ...["interface", "network", "remote_write"].flatMap((section) => duplicateNames(document, section)),
    ...idleTimeoutProblems(document),
    ...networkProblems(document),
    ...connectionPaths(document).flatMap((path) => connectionProblems(document, path)),
    ...contractProblems(document),
    ...closeProblems(document),
  ];
}

/** The paths of the tables that have connection keys. */
export function connectionPaths(document: Table): Path[] {
  return [...entriesAt(document, ["remote_write"]).map((entry) => entry.path), ["query"]];
}

/** What everybody can reach asks who they are. */
function listenProblems(document: Table): Problem[] {
  const { listen, basic_auth: authentication } = tableAt(document, ["agent"]);
  const read = typeof listen === "string" ? readListen(listen) : null;
  if (read?.ok !== true || read.value === null || isLoopback(read.value.host) || authentication !== undefined)
    return [];
  const fix = `add [agent.basic_auth] with username and password_file, or write "127.0.0.1:${read.value.port}"`;
  return [{ path: ["agent", "listen"], text: `is not a loopback address and has no authentication; ${fix}` }];
}

function duplicateNames(document: Table, section: string): Problem[] {
  const first = new Map<unknown, Path>();
  return entriesAt(document, [section]).flatMap(({ path: entry }) => {
    const path = [...entry, "name"];
    const name = valueAt(document, path);
    const earlier = first.get(name);
    if (typeof name !== "string") return [];
    if (earlier === undefined) first.set(name, path);
    if (earlier === undefined) return [];
    return [{ path, text: `is the name of ${formatPath(earlier)} too; write another name` }];
  });
}

function idleTimeoutProblems(document: Table): Problem[] {
  const { window = "60s", idle_timeout: idle = "1h" } = tableAt(document, ["account"]);
  const [windowMs, idleMs] = [window, idle].map((text) => (typeof text === "string" ? parseDuration(text) : null));
  if (typeof windowMs !== "number" || typeof idleMs !== "number" || idleMs >= windowMs) return [];
  const text = `is shorter than the window of ${formatDuration(windowMs)}; write at least "${formatDuration(windowMs)}"`;
  return [{ path: ["account", "idle_timeout"], text }];
}

function closeProblems(document: Table): Problem[] {
  const { close, output_dir: folder } = tableAt(document, ["billing"]);
  if (close === undefined || folder !== undefined) return [];
  const text = 'needs output_dir; add e.g. output_dir = "/var/lib/acct-agent/bills"';
  return [{ path: ["billing", "close"], text }];
}

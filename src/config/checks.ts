// Rules that join several keys. Each takes the raw document, passes over what the schema refuses anyway, and returns
// its problems; each is linear in the size of the document.

import { formatDuration, parseDuration } from "../lib/units.ts";
import { contractProblems } from "./contract-checks.ts";
import { entriesAt, type Path, type Table, tableAt, valueAt } from "./document.ts";
import { networkProblems } from "./network-checks.ts";
import { formatPath, type Problem } from "./problem.ts";

/** All problems of `document` that the schema cannot see. */
export function crossProblems(document: Table): Problem[] {
  return [
    ...["interface", "network", "remote_write"].flatMap((section) => duplicateNames(document, section)),
    ...idleTimeoutProblems(document),
    ...networkProblems(document),
    ...connectionPaths(document).flatMap((path) => connectionProblems(document, path)),
    ...contractProblems(document),
  ];
}

/** The paths of the tables that have connection keys. */
export function connectionPaths(document: Table): Path[] {
  return [...entriesAt(document, ["remote_write"]).map((entry) => entry.path), ["query"]];
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

function connectionProblems(document: Table, path: Path): Problem[] {
  const { basic_auth: basic, authorization } = tableAt(document, path);
  const { cert_file: cert, key_file: key } = tableAt(document, [...path, "tls_config"]);
  const problems: Problem[] = [];
  if (basic !== undefined && authorization !== undefined) {
    problems.push({ path: [...path, "authorization"], text: "stands next to basic_auth; remove one of the two" });
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = key === undefined ? ["cert_file", "key_file"] : ["key_file", "cert_file"];
    problems.push({ path: [...path, "tls_config", has], text: `needs ${lacks}; add it` });
  }
  return problems;
}

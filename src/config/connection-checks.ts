// Rules that join several keys of a connection, as Prometheus has them (prometheus/common, config/http_config.go).

import { type Path, type Table, tableAt, valueAt } from "./document.ts";
import { isTable } from "./fields.ts";
import type { Problem } from "./problem.ts";

const AUTHENTICATION = ["basic_auth", "authorization", "oauth2"] as const;

/** The problems of the table at `path`, which has connection keys. */
export function connectionProblems(document: Table, path: Path): Problem[] {
  const oauth2 = [...path, "oauth2"];
  return [
    ...authenticationProblems(document, path),
    ...userProblems(document, [...path, "basic_auth"]),
    ...[path, oauth2].flatMap((table) => certificateProblems(document, [...table, "tls_config"])),
    ...[path, oauth2].flatMap((table) => proxyProblems(document, table)),
  ];
}

function authenticationProblems(document: Table, path: Path): Problem[] {
  const table = tableAt(document, path);
  const [first, ...others] = AUTHENTICATION.filter((key) => table[key] !== undefined);
  const text = `stands next to ${first}; remove one of the two`;
  return others.map((key) => ({ path: [...path, key], text, hideValue: true }));
}

function userProblems(document: Table, path: Path): Problem[] {
  const table = valueAt(document, path);
  if (!isTable(table)) return [];
  const { username: name, username_file: file } = table;
  if (name === undefined && file === undefined) {
    return [{ path: [...path, "username"], text: 'is missing; add e.g. username = "edge-01", or username_file' }];
  }
  if (name === undefined || file === undefined) return [];
  return [{ path: [...path, "username_file"], text: "stands next to username; remove one of the two" }];
}

function certificateProblems(document: Table, path: Path): Problem[] {
  const { cert_file: cert, key_file: key } = tableAt(document, path);
  if ((cert === undefined) === (key === undefined)) return [];
  const [has, lacks] = key === undefined ? ["cert_file", "key_file"] : ["key_file", "cert_file"];
  return [{ path: [...path, has], text: `needs ${lacks}; add it` }];
}

function proxyProblems(document: Table, path: Path): Problem[] {
  const { proxy_url: url, no_proxy: direct, proxy_from_environment: environment } = tableAt(document, path);
  const at = (key: string, text: string): Problem => ({ path: [...path, key], text });
  if (environment === true) {
    const both = "stands next to proxy_from_environment; remove one of the two";
    return [
      ...(url === undefined ? [] : [at("proxy_url", both)]),
      ...(direct === undefined ? [] : [at("no_proxy", both)]),
    ];
  }
  return direct !== undefined && url === undefined ? [at("no_proxy", "needs proxy_url; add it")] : [];
}

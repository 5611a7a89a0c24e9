// Rules over all networks: each has addresses, no prefix is listed twice, no label is set twice.

import { formatPrefix, parsePrefix, parseRange, type Prefix } from "../model/prefix.ts";
import { entriesAt, type Path, type Table, tableAt } from "./document.ts";
import { isTable } from "./fields.ts";
import { formatPath, type Problem } from "./problem.ts";

export function networkProblems(document: Table): Problem[] {
  const networks = entriesAt(document, ["network"]).filter(({ value }) => isTable(value));
  const listed = new Map<string, Path>();
  const external = tableAt(document, ["agent", "external_labels"]);
  return networks.flatMap(({ path }) =>
    [
      emptyNetwork(document, path),
      entriesAt(document, [...path, "prefixes"]).flatMap((entry) => repeatedPrefix(listed, entry)),
      entriesAt(document, [...path, "ranges"]).flatMap((entry) => repeatedRange(listed, entry)),
      repeatedLabels(tableAt(document, [...path, "labels"]), external, path),
    ].flat(),
  );
}

function emptyNetwork(document: Table, path: Path): Problem[] {
  const { prefixes = [], ranges = [] } = tableAt(document, path);
  const empty = [prefixes, ranges].every((list) => Array.isArray(list) && list.length === 0);
  return empty ? [{ path, text: "has no prefix and no range; add prefixes or ranges", hideValue: true }] : [];
}

interface Entry {
  readonly path: Path;
  readonly value: unknown;
}

function repeatedPrefix(listed: Map<string, Path>, { path, value }: Entry): Problem[] {
  const parsed = typeof value === "string" ? parsePrefix(value) : null;
  const earlier = parsed?.ok === true ? listOnce(listed, parsed.value, path) : undefined;
  if (earlier === undefined) return [];
  return [{ path, text: `is already listed in ${formatPath(earlier)}; remove one of the two` }];
}

/** Reports the first repeated prefix of a range; the others follow from it. */
function repeatedRange(listed: Map<string, Path>, { path, value }: Entry): Problem[] {
  const parsed = typeof value === "string" ? parseRange(value) : null;
  if (parsed?.ok !== true) return [];
  for (const prefix of parsed.value) {
    const earlier = listOnce(listed, prefix, path);
    if (earlier === undefined) continue;
    const repeated = formatPrefix(prefix);
    return [
      { path, text: `covers ${repeated}, which ${formatPath(earlier)} lists too; take it out of one of the two` },
    ];
  }
  return [];
}

/** Remembers where a prefix is listed; the earlier place where it is already. */
function listOnce(listed: Map<string, Path>, prefix: Prefix, path: Path): Path | undefined {
  const key = `${prefix.first.join()}/${prefix.length}`;
  const earlier = listed.get(key);
  if (earlier === undefined) listed.set(key, path);
  return earlier;
}

function repeatedLabels(labels: Table, external: Table, path: Path): Problem[] {
  const repeated = Object.keys(labels).filter((name) => Object.hasOwn(external, name));
  const text = "is in agent.external_labels too; remove one of the two";
  return repeated.map((name) => ({ path: [...path, "labels", name], text }));
}

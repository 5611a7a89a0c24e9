// Links between the documents of the repository: each leads to a file, and to a heading in it.

import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { links, readText, sections } from "./markdown.ts";

const FOLDERS = [".", "docs", "deploy"];

/** Markdown files; of the root folder alone those in it itself. */
function documents(): readonly string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: folder !== ".", encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );
}

function problemOf(file: string, target: string): string | null {
  const [path = "", anchor] = target.split("#");
  const found = path === "" ? file : join(dirname(file), path);
  if (!existsSync(found)) return `${target}: there is no ${found}`;
  if (anchor === undefined || !found.endsWith(".md")) return null;
  return sections(readText(found)).some((section) => section.anchor === anchor) ? null : `${target}: no such heading`;
}

describe("documents", () => {
  it.each(documents())("%s leads nowhere that is not there", (file) => {
    const own = links(readText(file)).filter((target) => !/^[a-z]+:/.test(target));
    expect(own.flatMap((target) => problemOf(file, target) ?? [])).toEqual([]);
  });
});

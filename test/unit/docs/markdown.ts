// Just enough of Markdown to hold documentation against the program: headings and their anchors, links, rows of tables.

import { readFileSync } from "node:fs";

export interface Section {
  readonly level: number;
  readonly title: string;
  readonly anchor: string;
}

/** Headings outside of code blocks, with the anchors that GitHub gives them. */
export function sections(markdown: string): readonly Section[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks = "", title = ""]) => {
    const plain = anchorOf(title);
    const count = seen.get(plain) ?? 0;
    seen.set(plain, count + 1);
    return { level: marks.length, title, anchor: count === 0 ? plain : `${plain}-${count}` };
  });
}

/** Targets of the inline links outside of code. */
export function links(markdown: string): readonly string[] {
  const text = withoutCode(markdown).replaceAll(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
}

/** The cells of each row of the tables below a heading, up to the next of its level or above. */
export function rowsBelow(markdown: string, title: string): readonly (readonly string[])[] {
  return bodyBelow(markdown, title)
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| *-/.test(line))
    .map((line) => line.replaceAll("\\|", "\u0000").split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.replaceAll("\u0000", "|").trim()));
}

function bodyBelow(markdown: string, title: string): string {
  const all = sections(markdown);
  const at = all.findIndex((section) => section.title === title);
  const found = all[at];
  if (found === undefined) throw new Error(`there is no heading ${title}`);
  const next = all.slice(at + 1).find(({ level }) => level <= found.level);
  const start = markdown.indexOf(`\n${"#".repeat(found.level)} ${title}\n`);
  const end =
    next === undefined ? undefined : markdown.indexOf(`\n${"#".repeat(next.level)} ${next.title}\n`, start + 1);
  return markdown.slice(start, end);
}

export function readText(file: string): string {
  return readFileSync(file, "utf8");
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[^\n]*\n.*?^```$/gms, "");
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

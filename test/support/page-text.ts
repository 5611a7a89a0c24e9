// What a reader finds on a status page.

/** The texts of a page's table rows, cells parted by a bar. */
export function rowsOf(page: string, table: string): readonly string[] {
  const body = new RegExp(`<table class="cards ${table}">[^]*?<tbody>([^]*?)</tbody>`).exec(page)?.[1] ?? "";
  return body
    .split("</tr>")
    .map(textOf)
    .filter((text) => text !== "");
}

/** What a reader sees of markup; table cells end with a bar. */
export function textOf(html: string): string {
  const text = html
    .replaceAll(/<svg[^]*?<\/svg>/g, "")
    .replaceAll(/<\/t[dh]>/g, "|")
    .replaceAll(/<[^>]+>/g, "");
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The text of the section with an id. */
export function sectionOf(page: string, id: string): string {
  return textOf(new RegExp(`<section id="${id}"[^]*?</section>`).exec(page)?.[0] ?? "");
}

/** Mbps with `digits` decimals, as people read them. */
export const mbps = (bps: number, digits: number): string =>
  (bps / 1e6).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

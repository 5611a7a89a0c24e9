// CSV by RFC 4180, for spreadsheets and for programs.

export type Cell = string | number | bigint | boolean | null;

/** What a spreadsheet takes for a formula (OWASP, "CSV Injection"), and what would be mistaken for it in its escaped form. */
const FORMULA = /^'*[=+\-@\t\r]/;

/**
 * One field. Text that a spreadsheet would compute gets an apostrophe in front, which it shows as text; numbers are as they
 * are, null is empty.
 */
export function csvField(cell: Cell): string {
  if (typeof cell !== "string") return cell === null ? "" : String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Fields without the end of their line. */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvField).join(",");
}

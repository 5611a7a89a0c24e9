// What a bill is called where there is little room.

import type { Bill } from "../bill.ts";
import { visibleText } from "./visible-text.ts";

/** The customer, and the contract where it has a name; long names are cut. */
export function shortName({ contract: { customer, name } }: Bill): string {
  return shortText(name === null ? customer : `${customer}, ${name}`);
}

/** `text`, cut after 80 characters; what cannot be seen in it is shown. */
export function shortText(text: string): string {
  const full = visibleText(text);
  if (full.length <= LONGEST_NAME) return full;
  const characters = Array.from(full);
  return characters.length <= LONGEST_NAME ? full : `${characters.slice(0, LONGEST_NAME - 1).join("")}…`;
}

const LONGEST_NAME = 80;

/** `October 2026`. */
export function monthName(period: string): string {
  const format = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
  return format.format(Date.parse(`${period}-01`));
}

// Where the pages are, and names in them: a name of others is one segment of a path.

import { shortText } from "../../billing/html/bill-names.ts";
import { markup, type Markup } from "../../billing/html/markup.ts";

/** Page of a network. */
export function networkPath(name: string): string {
  return `/networks/${segment(name)}`;
}

/** Page of a customer. */
export function customerPath(name: string): string {
  return `/customers/${segment(name)}`;
}

/** A link whose text does not mix its reading direction with that around it; long names are cut. */
export function nameLink(path: string, name: string): Markup {
  return markup`<a href="${path}"><bdi>${shortText(name)}</bdi></a>`;
}

/** Halves of surrogate pairs have no place in a path. */
function segment(name: string): string {
  return encodeURIComponent(name.replace(/\p{Cs}/gu, "\ufffd"));
}

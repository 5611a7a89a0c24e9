// All networks, by name: rows that stay where they are while their figures change.

import { markup } from "../../billing/html/markup.ts";
import { counted } from "../../billing/html/numbers.ts";
import { stateLine } from "./banner.ts";
import { pageDocument } from "./document.ts";
import { networkTable } from "./networks-section.ts";
import { networksOf, type View } from "./view.ts";

const byName = new Intl.Collator("en", { numeric: true });

/** The whole document. */
export function networksPage(view: View): string {
  const networks = networksOf(view).toSorted((a, b) => byName.compare(a.name, b.name));
  return pageDocument({
    view,
    title: "Networks",
    main: markup`${stateLine(view.status)}
<div class="title"><h1>Networks</h1><p>${counted(networks.length, "network")}, by name</p></div>
${networkTable(view, networks)}`,
  });
}

// The busiest addresses of the last window.

import { markup, type Markup } from "../../billing/html/markup.ts";
import type { Status } from "../status.ts";
import { nameLink, networkPath } from "./paths.ts";
import { rate } from "./rates.ts";
import { section } from "./section.ts";
import { table } from "./table.ts";

export function topSection({ top }: Status): Markup {
  const rows = top.map((one) => ({
    key: JSON.stringify([one.address, one.interface, one.network]),
    head: one.address,
    cells: [
      nameLink(networkPath(one.network), one.network),
      markup`<bdi>${one.interface}</bdi>`,
      rate(one.in_bps),
      rate(one.out_bps),
    ],
  }));
  const content =
    rows.length === 0
      ? markup`<p class="empty">No address of a network had traffic in the last window.</p>`
      : table({ name: "top", caption: "Busiest addresses of the last window", rows });
  return section({ id: "top", title: "Top addresses", aside: "of the last window", content });
}

// The networks: what passes now, in the interval that is running and in the month so far.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { byteSize, counted, mbps } from "../../billing/html/numbers.ts";
import { nameLink, networkPath } from "./paths.ts";
import { NONE, rateOrNone } from "./rates.ts";
import { section } from "./section.ts";
import { type Row, table } from "./table.ts";
import { networksOf, type ShownNetwork, type View } from "./view.ts";

const SHOWN = 30;

/** The busiest thirty, with a link to all. */
export function networksSection(view: View): Markup {
  const all = networksOf(view);
  const shown = all.slice(0, SHOWN);
  const more = shown.length < all.length;
  return section({
    id: "networks",
    title: "Networks",
    aside: more
      ? markup`the busiest ${SHOWN} · <a href="/networks">All ${counted(all.length, "network")}</a>`
      : "the busiest first",
    content: networkTable(view, shown),
  });
}

/** Rows in the order given. */
export function networkTable({ usage }: View, networks: readonly ShownNetwork[]): Markup {
  if (networks.length === 0) return markup`<p class="empty">There are no networks.</p>`;
  const isComputing = usage === null || networks.some(({ usage: one }) => one !== null && one.month === null);
  return markup`${table({ name: "networks", caption: "Networks and their traffic", rows: networks.map(networkRow) })}
${isComputing && markup`<p class="empty">The figures of the month are being computed.</p>`}`;
}

function networkRow({ name, rate, usage }: ShownNetwork): Row {
  const month = usage?.month ?? null;
  return {
    key: name,
    head: [nameLink(networkPath(name), name)],
    cells: [
      rateOrNone(rate?.in_bps),
      rateOrNone(rate?.out_bps),
      sizeOrNone(usage?.interval_bytes_in),
      sizeOrNone(usage?.interval_bytes_out),
      sizeOrNone(month?.bytes_in),
      sizeOrNone(month?.bytes_out),
      month === null ? NONE : mbps(month.p95_in_bps),
      month === null ? NONE : mbps(month.p95_out_bps),
    ],
  };
}

function sizeOrNone(bytes: number | undefined): Content {
  if (bytes === undefined) return NONE;
  const [value, unit] = byteSize(bytes).split(" ");
  return markup`${value ?? ""} <span class="unit">${unit ?? ""}</span>`;
}

// One network: its rates, its month so far as its contract counts it, and its addresses.

import { shortName } from "../../billing/html/bill-names.ts";
import { billedSeries } from "../../billing/html/billed-series.ts";
import type { ShownBill } from "../../billing/html/bill-section.ts";
import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { monthChart } from "../../billing/html/month-chart.ts";
import { byteSize, mbps, percent, whole } from "../../billing/html/numbers.ts";
import type { NetworkAddress, NetworkUsage } from "../usage.ts";
import { stateLine } from "./banner.ts";
import { pageDocument } from "./document.ts";
import { type Figure, figures, inAndOut } from "./figures.ts";
import { customerPath, nameLink } from "./paths.ts";
import { NONE, rateOrNone } from "./rates.ts";
import { section } from "./section.ts";
import { table } from "./table.ts";
import { customerOf, type View } from "./view.ts";
import { clockTime, moment } from "./when.ts";

export interface NetworkView extends View {
  readonly network: NetworkUsage;
  /** The month to date by the network's contract; null while it is being computed. */
  readonly month: ShownBill | null;
  /** Those with most bytes, the greatest first. */
  readonly addresses: readonly NetworkAddress[];
  /** How many more there are. */
  readonly otherAddresses: number;
}

/** The whole document. */
export function networkPage(view: NetworkView): string {
  const { network, status } = view;
  return pageDocument({
    view,
    title: network.name,
    main: [stateLine(status), heading(view), figures(networkFigures(view)), monthSection(view), addressesSection(view)],
  });
}

function heading(view: NetworkView): Markup {
  const { name, labels } = view.network;
  const customer = customerOf(view, name);
  const list = Object.entries(labels).map(([key, value]) => {
    const shown = key === "customer" && value === customer ? nameLink(customerPath(value), value) : value;
    return markup`<li><span class="label">${key}</span> <bdi>${shown}</bdi></li>`;
  });
  return markup`<div class="title"><p class="kind">Network</p><h1><bdi>${name}</bdi></h1>${list.length > 0 && markup`<ul class="labels" aria-label="Labels">${list}</ul>`}</div>
`;
}

function networkFigures({ network, status, usage }: NetworkView): readonly Figure[] {
  const rate = status.networks.find(({ name }) => name === network.name);
  const { month, interval_bytes_in: bytesIn, interval_bytes_out: bytesOut } = network;
  const since = usage === null ? null : `since ${clockTime(usage.interval_start, status.time)} UTC`;
  const now: readonly Figure[] = [
    {
      name: "Now",
      unit: "Mbps",
      value: inAndOut(rateOrNone(rate?.in_bps), rateOrNone(rate?.out_bps)),
      note: "last window",
    },
    { name: "This interval", value: inAndOut(byteSize(bytesIn), byteSize(bytesOut)), note: since },
  ];
  if (month === null) return [...now, { name: "Month to date", value: NONE, note: "being computed" }];
  const { bytes_in, bytes_out, p95_in_bps, p95_out_bps, coverage, period, time_zone: zone } = month;
  return [
    ...now,
    { name: "Month to date", value: inAndOut(byteSize(bytes_in), byteSize(bytes_out)), note: `${period}, ${zone}` },
    {
      name: "95th percentile",
      unit: "Mbps",
      value: inAndOut(mbps(p95_in_bps), mbps(p95_out_bps)),
      note: "month to date",
    },
    { name: "Coverage", value: percent(coverage), note: "of the month to date" },
  ];
}

function monthSection({ month }: NetworkView): Markup {
  const content =
    month === null
      ? markup`<p class="empty">The figures of the month are being computed.</p>`
      : monthDrawing(month, "network");
  return section({ id: "month", title: "The month so far", content });
}

/** The bill's drawing of its month. */
export function monthDrawing({ bill, grid }: ShownBill, id: string): Content {
  return monthChart({ id, name: shortName(bill), bill, grid, series: billedSeries(bill, grid) });
}

function addressesSection({ addresses, otherAddresses, status }: NetworkView): Markup {
  const rows = addresses.map((one) => ({
    key: JSON.stringify([one.address, one.interface]),
    head: one.address,
    cells: [
      markup`<bdi>${one.interface}</bdi>`,
      byteSize(one.bytes_in),
      byteSize(one.bytes_out),
      moment(one.last_active, status.time),
    ],
  }));
  const content =
    rows.length === 0
      ? markup`<p class="empty">No address of this network was ever active.</p>`
      : table({ name: "addresses", caption: "Addresses with most bytes", rows });
  const more = otherAddresses > 0 && markup`<p class="more">And ${moreAddresses(otherAddresses)}.</p>`;
  return section({
    id: "addresses",
    title: "Addresses",
    aside: "totals since each was first counted",
    content: [content, more],
  });
}

function moreAddresses(count: number): string {
  return count === 1 ? "1 more address" : `${whole(count)} more addresses`;
}

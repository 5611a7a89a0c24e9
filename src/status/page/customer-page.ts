// One customer: the bills of the running month to date, how they stand to their commits, and the networks they count.

import { monthName } from "../../billing/html/bill-names.ts";
import type { ShownBill } from "../../billing/html/bill-section.ts";
import { localTime } from "../../billing/html/local-time.ts";
import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { byteSize, mbps, percent } from "../../billing/html/numbers.ts";
import { percentileName } from "../../billing/html/percentile-name.ts";
import { bpsOf } from "../../billing/rate.ts";
import type { BillToDate } from "../usage.ts";
import { stateLine } from "./banner.ts";
import { burstCell, commitCell, standingBadge } from "./customers-section.ts";
import { pageDocument } from "./document.ts";
import { type Figure, figures, inAndOut } from "./figures.ts";
import { monthDrawing } from "./network-page.ts";
import { networkPath, nameLink } from "./paths.ts";
import { section } from "./section.ts";
import { standingOf, type View } from "./view.ts";

export interface CustomerView extends View {
  readonly customer: string;
  /** Of the running month to date, one for each contract. */
  readonly bills: readonly ShownBill[];
}

/** The whole document. */
export function customerPage(view: CustomerView): string {
  const { customer, bills, status, usage } = view;
  const toDate = (usage?.bills ?? []).filter((bill) => bill.customer === customer);
  const sections = bills.map((shown, index) => billSection(shown, matching(shown, toDate), `bill-${index + 1}`));
  const empty = markup`<p class="empty">The figures of the month are being computed, or there was no traffic this month.</p>`;
  return pageDocument({
    view,
    title: customer,
    main: [
      stateLine(status),
      markup`<div class="title"><p class="kind">Customer</p><h1><bdi>${customer}</bdi></h1></div>\n`,
      bills.length === 0 ? empty : sections,
    ],
  });
}

function matching({ bill }: ShownBill, toDate: readonly BillToDate[]): BillToDate | null {
  return toDate.find(({ name, period }) => name === bill.contract.name && period === bill.period) ?? null;
}

function billSection(shown: ShownBill, toDate: BillToDate | null, id: string): Markup {
  const { bill } = shown;
  const { name, timeZone } = bill.contract;
  const standing = toDate && standingOf(toDate);
  return section({
    id,
    title: [name !== null && markup`<bdi>${name}</bdi>, `, monthName(bill.period), standing && standingBadge(standing)],
    aside: `to date: up to ${localTime(timeZone).stamp(bill.toMs)}, ${timeZone}`,
    content: [figures(billFigures(shown, toDate)), toDate && networkList(toDate), monthDrawing(shown, id)],
  });
}

function billFigures({ bill }: ShownBill, toDate: BillToDate | null): readonly Figure[] {
  const { charge, contract, projection } = bill;
  return [
    {
      name: "Billed so far",
      unit: "Mbps",
      value: markup`<b>${mbps(bill.billableBps)}</b>`,
      note: `${percentileName(contract.percentilePerMille)}, ${bill.billableDirection === "both" ? "both directions" : `direction ${bill.billableDirection}`}`,
    },
    ...(charge === null
      ? []
      : [
          {
            name: "Charge so far",
            unit: charge.currency,
            value: markup`<b>${charge.amount}</b>`,
            note: commitNote(bill),
          },
        ]),
    ...(toDate === null || toDate.commit_bps === null ? [] : commitFigures(toDate)),
    ...(projection === null ? [] : [projectionFigure(projection)]),
    { name: "Percentiles", unit: "Mbps", value: inAndOut(mbps(bpsOf(bill.p95InBytes)), mbps(bpsOf(bill.p95OutBytes))) },
    { name: "Total", value: inAndOut(byteSize(bill.totalBytesIn), byteSize(bill.totalBytesOut)) },
    { name: "Coverage", value: percent(bill.coverage), note: completenessNote(bill.completeness) },
  ];
}

function commitNote({ commitBps, overageBps }: ShownBill["bill"]): string {
  if (commitBps === null) return "no commit";
  return overageBps === null || overageBps === 0 ? "within the commit" : `${mbps(overageBps)} Mbps above it`;
}

function completenessNote(completeness: number | null): string | null {
  return completeness === null ? null : `${percent(completeness)} complete`;
}

function commitFigures(toDate: BillToDate): readonly Figure[] {
  return [
    { name: "Commit", unit: "Mbps", value: commitCell(toDate) },
    { name: "Burst budget left", unit: "intervals", value: burstCell(toDate) },
  ];
}

function projectionFigure({ bestBps, sameBps, worstBps }: NonNullable<ShownBill["bill"]["projection"]>): Figure {
  const cases = [
    ["best", bestBps],
    ["same", sameBps],
    ["worst", worstBps],
  ] as const;
  const lines = cases.map(([name, bps]) => {
    return markup`<span class="in-out"><span class="label">${name}</span> <span>${mbps(bps)}</span></span>`;
  });
  return { name: "Projection", unit: "Mbps", value: lines };
}

function networkList({ networks }: BillToDate): Content {
  if (networks.length === 0) return null;
  const links = networks.map((name) => markup`<li>${nameLink(networkPath(name), name)}</li>`);
  return markup`<div class="networks-of"><span class="label">Networks</span> <ul>${links}</ul></div>`;
}

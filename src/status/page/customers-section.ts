// The bills to date: what each customer comes to so far, and how that stands to the commit.

import { shortText } from "../../billing/html/bill-names.ts";
import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { counted, mbps, percent, shortMbps, whole } from "../../billing/html/numbers.ts";
import type { BillToDate } from "../usage.ts";
import { bar, type BarLevel } from "./bar.ts";
import { customerPath, nameLink } from "./paths.ts";
import { NONE } from "./rates.ts";
import { section } from "./section.ts";
import { type Row, table } from "./table.ts";
import { type Standing, standingOf, type View } from "./view.ts";
import { clockTime } from "./when.ts";

const SHOWN = 30;
const URGENCY: readonly Standing[] = ["lost", "over", "near", "within"];
/** The commit's line in its bar: there is room for what exceeds it. */
const COMMIT_MARK = 0.8;

const STANDING_WORDS: Readonly<Record<Standing, string | null>> = {
  lost: "over the commit this month",
  over: "over the commit so far",
  near: "near the commit",
  within: null,
};

/** The first thirty of those that need a look first, with a link to all. */
export function customersSection(view: View): Markup {
  const bills = view.usage?.bills ?? [];
  const shown = bills.toSorted(byUrgency).slice(0, SHOWN);
  return section({
    id: "customers",
    title: "Customers",
    aside: asideOf(view, bills.length, shown.length),
    content: customerTable(view, shown),
  });
}

/** By customer. */
export function allCustomers(view: View): Markup {
  const bills = view.usage?.bills ?? [];
  return customerTable(
    view,
    bills.toSorted((a, b) => byName.compare(a.customer, b.customer)),
  );
}

const byName = new Intl.Collator("en", { numeric: true });

function customerTable(view: View, bills: readonly BillToDate[]): Markup {
  if (bills.length === 0) return empty(view);
  return table({ name: "customers", caption: "Bills of the running month to date", rows: bills.map(customerRow) });
}

function empty({ usage }: View): Markup {
  if (usage === null || usage.figures_as_of === null)
    return markup`<p class="empty">The figures of the month are being computed.</p>`;
  return markup`<p class="empty">Nobody has had traffic this month.</p>`;
}

function asideOf({ usage, status }: View, count: number, shown: number): Content {
  const asOf = usage?.figures_as_of ?? null;
  const link = shown < count && markup`<a href="/customers">All ${counted(count, "bill")}</a>`;
  return [asOf !== null && `bills to date, as of ${clockTime(asOf, status.time)} UTC`, link && markup` · ${link}`];
}

function byUrgency(a: BillToDate, b: BillToDate): number {
  const urgency = URGENCY.indexOf(standingOf(a)) - URGENCY.indexOf(standingOf(b));
  return urgency || b.billable_bps - a.billable_bps;
}

function customerRow(bill: BillToDate): Row {
  const { customer, name, period, projection, charge } = bill;
  const standing = standingOf(bill);
  return {
    key: JSON.stringify([customer, name, period]),
    head: [nameLink(customerPath(customer), customer), contractName(bill), standingBadge(standing)],
    cells: [
      markup`<b>${mbps(bill.billable_bps)}</b> <span class="unit">${bill.billable_direction}</span>`,
      commitCell(bill),
      burstCell(bill),
      ...(projection === null
        ? [NONE, NONE, NONE]
        : [projection.best_bps, projection.same_bps, projection.worst_bps].map(shortRate)),
      percent(bill.coverage),
      charge === null ? NONE : markup`${charge.amount} <span class="unit">${charge.currency}</span>`,
    ],
    ...(standing !== "within" && { level: levelOf(standing) }),
  };
}

function contractName({ name }: BillToDate): Content {
  return name !== null && markup` <bdi class="muted">${shortText(name)}</bdi>`;
}

/** In words what the colour of the bars says too. */
export function standingBadge(standing: Standing): Content {
  const words = STANDING_WORDS[standing];
  return words !== null && markup` <strong class="standing ${levelOf(standing)}">${words}</strong>`;
}

function levelOf(standing: Standing): "near" | "over" {
  return standing === "near" ? "near" : "over";
}

/** A rate against the commit, with a line at the commit. */
export function commitCell(bill: BillToDate): Content {
  const { commit_bps: commit, billable_bps: billed } = bill;
  if (commit === null) return markup`<span class="muted">no commit</span>`;
  const level: BarLevel = billed > commit ? "over" : billed >= 0.9 * commit ? "near" : "calm";
  const part = commit === 0 ? 1 : (billed / commit) * COMMIT_MARK;
  const share = commit === 0 ? NONE : `${Math.floor((billed / commit) * 100)} %`;
  return markup`<span class="pair"><span>${share}</span><span class="unit">of ${shortMbps(commit)}</span></span>${bar({ part, level, mark: COMMIT_MARK })}`;
}

/** Intervals that may still exceed the commit, of those that may in the whole month. */
export function burstCell({ burst_intervals: burst, burst_intervals_left: left }: BillToDate): Content {
  if (burst === null || left === null) return NONE;
  const part = burst === 0 ? 0 : left / burst;
  const level: BarLevel = left <= 0 ? "over" : part < 0.1 ? "near" : "calm";
  const amount = left < 0 ? `${whole(-left)} beyond` : whole(left);
  return markup`<span class="pair"><span>${amount}</span><span class="unit">of ${whole(burst)}</span></span>${bar({ part, level })}`;
}

const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A projection is no promise: one decimal. */
function shortRate(bps: number): string {
  return tenths.format(bps / 1e6);
}

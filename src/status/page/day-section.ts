// The last 24 hours: the drawing with what its marks mean, or why there is none.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { dayChart } from "./day-chart.ts";
import { section } from "./section.ts";
import type { View } from "./view.ts";

export function daySection({ usage, status }: View): Markup {
  const aside = usage && `${usage.day.interval_seconds} s intervals of all networks, hours in UTC`;
  return section({
    id: "day",
    title: "Last 24 hours",
    ...(aside !== null && { aside }),
    content:
      usage === null ? markup`<p class="empty">The ledger is being read.</p>` : drawn(usage.day, status.instance),
  });
}

function drawn(day: NonNullable<View["usage"]>["day"], instance: string): Content {
  if (day.in_bps.every((value) => value === null)) {
    return markup`<p class="empty">Nothing was observed in the last 24 hours.</p>`;
  }
  return dayChart(day, instance);
}

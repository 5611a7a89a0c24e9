// Is it delivering: each endpoint with what waits for it, and how full the ledger is.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { byteSize, counted, percent, whole } from "../../billing/html/numbers.ts";
import type { EndpointStatus, LedgerStatus, Status } from "../status.ts";
import { badge } from "./badge.ts";
import { bar } from "./bar.ts";
import { section } from "./section.ts";
import { isLate, type Level } from "./state.ts";
import { type Row, table } from "./table.ts";
import { duration, moment } from "./when.ts";

export function deliverySection({ endpoints, ledger, time }: Status): Markup {
  const rows = endpoints.map((one) => endpointRow(one, time));
  const delivery =
    rows.length === 0
      ? markup`<p class="empty">There is no endpoint: what is counted stays in the ledger alone.</p>`
      : table({ name: "endpoints", caption: "Endpoints and what waits for them", rows });
  return section({ id: "delivering", title: "Delivering", content: [delivery, ledgerFill(ledger, time)] });
}

const LEVELS: Readonly<Record<EndpointStatus["state"], Level>> = {
  idle: "ok",
  sending: "ok",
  bisecting: "attention",
  retrying: "attention",
  holding: "fault",
};

function endpointRow(one: EndpointStatus, now: string): Row {
  const { name, state, oldest_pending: oldest, dead_letters: dead, last_error: error } = one;
  const late = isLate(one, now);
  const lag = oldest === null ? "none" : duration(Date.parse(now) - Date.parse(oldest));
  return {
    key: name,
    head: markup`<bdi>${name}</bdi>`,
    cells: [
      badge(late && LEVELS[state] === "ok" ? "attention" : LEVELS[state], late ? `${state}, behind` : state),
      late ? markup`<strong class="near">${lag}</strong>` : lag,
      whole(one.pending_requests),
      whole(one.pending_samples),
      dead > 0 ? markup`<strong class="near">${whole(dead)}</strong>` : "0",
      one.last_success === null ? "never" : moment(one.last_success, now),
    ],
    ...(error !== null && { note: markup`<span class="label">Last error</span> <bdi>${error}</bdi>` }),
  };
}

function ledgerFill(ledger: LedgerStatus | null, now: string): Markup {
  if (ledger === null) return markup`<p class="ledger"><span class="label">Ledger</span> no window is in it yet</p>`;
  const { used_bytes: used, max_bytes: max, dropping_since: since } = ledger;
  const part = max === 0 ? 1 : used / max;
  const level = since !== null ? "over" : part >= 0.9 ? "near" : "calm";
  return markup`<div class="ledger">
<span class="label">Ledger</span>
${bar({ part, level })}
<span>${byteSize(used)} of ${byteSize(max)}, ${percent(part)}</span>
<span${since !== null && markup` class="over"`}>${droppedText(ledger, now)}</span>
</div>`;
}

function droppedText({ dropped_samples: dropped, dropping_since: since }: LedgerStatus, now: string): Content {
  const kinds = [
    [dropped.thinned, "thinned out"],
    [dropped.oldest, "oldest"],
    [dropped.dead_letter, "of dead letters"],
  ] as const;
  const total = kinds.reduce((sum, [count]) => sum + count, 0);
  if (total === 0 && since === null) return "no sample was ever dropped";
  const parts = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${whole(count)} ${kind}`);
  const text = `${counted(total, "sample")} dropped since it was made${parts.length > 0 ? ` (${parts.join(", ")})` : ""}`;
  return since === null ? text : markup`<strong>Dropping samples since</strong> ${moment(since, now)}; ${text}`;
}

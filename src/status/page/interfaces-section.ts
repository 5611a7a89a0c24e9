// Is it counting: each interface with what its last window had.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { percent, whole } from "../../billing/html/numbers.ts";
import { isFirstWindow } from "../first-window.ts";
import type { InterfaceStatus, Status } from "../status.ts";
import { badge } from "./badge.ts";
import { NONE, rateOrNone } from "./rates.ts";
import { section } from "./section.ts";
import { isComplete } from "./state.ts";
import { type Row, table } from "./table.ts";
import { moment } from "./when.ts";

export function interfacesSection(status: Status): Markup {
  const rows = status.interfaces.map((one) => interfaceRow(one, status));
  const content =
    rows.length === 0
      ? markup`<p class="empty">No interface is captured.</p>`
      : table({ name: "interfaces", caption: "Interfaces in their last window", rows });
  return section({ id: "counting", title: "Counting", content });
}

function interfaceRow(one: InterfaceStatus, status: Status): Row {
  const { name, backend, completeness, dropped_frames: dropped, last_window_end: end } = one;
  const isFirst = isFirstWindow(status, one);
  const missed = completeness !== null && !isComplete(completeness) && !isFirst;
  return {
    key: name,
    head: markup`<bdi>${name}</bdi>`,
    cells: [
      stateBadge(one, isFirst),
      backend,
      rateOrNone(one.in_bps),
      rateOrNone(one.out_bps),
      rateOrNone(one.unaccounted_bps),
      completeness === null ? NONE : flagged(percent(completeness), missed),
      dropped === null ? NONE : flagged(whole(dropped), dropped > 0),
      end === null ? "none yet" : moment(end, status.time),
    ],
    ...(one.reason !== null && { note: markup`<strong>Not captured:</strong> ${one.reason}`, level: "over" }),
  };
}

function stateBadge({ capturing, reason }: InterfaceStatus, isFirst: boolean): Markup {
  if (reason !== null) return badge("fault", "not captured");
  return capturing ? badge("ok", isFirst ? "first window" : "capturing") : badge("starting", "starting");
}

function flagged(text: string, isFlagged: boolean): Content {
  return isFlagged ? markup`<strong class="near">${text}</strong>` : text;
}

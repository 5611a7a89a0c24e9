// The top of a bill: whose it is, of when, whether it is final, and what it comes to.

import type { Bill, Charge } from "../bill.ts";
import { monthName } from "./bill-names.ts";
import { localTime } from "./local-time.ts";
import { markup, type Markup } from "./markup.ts";
import { counted, mbps, percent } from "./numbers.ts";
import { percentileName } from "./percentile-name.ts";

/** `Provisional`, `Final`, `Corrected, version 3`. */
export function statusText({ status, version, corrects }: Bill): string {
  switch (status) {
    case "provisional":
      return "Provisional";
    case "final":
      return `Final, version ${version ?? 1}`;
    case "corrected":
      return `Corrected, version ${version ?? "?"}, in place of version ${corrects ?? "?"}`;
  }
}

export function billHeading(bill: Bill, id: string): Markup {
  const { contract } = bill;
  const { stamp } = localTime(contract.timeZone);
  const label = contract.name === null ? null : markup` <bdi class="contract-name">${contract.name}</bdi>`;
  return markup`<header>
    <p class="kind">Bandwidth bill, ${monthName(bill.period)}</p>
    <h2 id="${id}-heading"><bdi>${contract.customer}</bdi>${label}</h2>
    <p class="meta">
      <span class="status">${statusText(bill)}</span> <span>${stamp(bill.fromMs)} to ${stamp(bill.toMs)}</span>
      <span>Time zone ${contract.timeZone}</span>
    </p>
    ${bill.status === "provisional" && markup`<p class="notice">${provisionalNotice(bill)}</p>`}
  </header>`;
}

function provisionalNotice({ projection, toMs, contract }: Bill): string {
  return projection === null
    ? "This bill is not final: its figures may change while intervals still arrive."
    : `This bill is not final: the period is not over, and the figures are those up to ${localTime(contract.timeZone).stamp(toMs)}.`;
}

/** The rate and the charge, large, and how much was observed. */
export function leadingFigures(bill: Bill): Markup {
  return markup`<div class="big">
    <div class="lead">
      <p class="name">Billable rate</p>
      <p class="value">${mbps(bill.billableBps)} <span class="unit">Mbps</span></p>
      <p class="note">${basisNote(bill)}</p>
    </div>
    ${bill.charge && chargeFigure(bill, bill.charge)}
    <div>
      <p class="name">Coverage</p>
      <p class="value">${percent(bill.coverage)}</p>
      <p class="note">${bill.gaps.length === 0 ? "no gaps" : counted(bill.gaps.length, "gap")}</p>
    </div>
  </div>`;
}

function chargeFigure(bill: Bill, { amount, currency }: Charge): Markup {
  return markup`<div class="lead">
    <p class="name">Charge</p>
    <p class="value">${amount} <span class="unit">${currency}</span></p>
    <p class="note">${commitNote(bill)}</p>
  </div>`;
}

function basisNote({ contract, billableDirection }: Bill): string {
  const direction = billableDirection === "both" ? "both directions" : `direction ${billableDirection}`;
  return `${percentileName(contract.percentilePerMille)}, ${direction}${contract.rounding === null ? "" : ", rounded"}`;
}

function commitNote({ commitBps, overageBps }: Bill): string {
  if (commitBps === null) return "no commit";
  return `commit ${mbps(commitBps)} Mbps, ${mbps(overageBps ?? 0)} Mbps above`;
}

// Figures of one thing beside each other, each under its name.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";

export interface Figure {
  readonly name: string;
  readonly value: Content;
  readonly unit?: string;
  readonly note?: Content;
}

export function figures(list: readonly Figure[]): Markup {
  return markup`<dl class="figures-row">
${list.map(figure)}</dl>`;
}

/** In and out of one thing in a figure of two lines. */
export function inAndOut(into: Content, out: Content): Markup {
  return markup`<span class="in-out"><span class="label">in</span> <span>${into}</span></span><span class="in-out"><span class="label">out</span> <span>${out}</span></span>`;
}

function figure({ name, value, unit, note }: Figure): Markup {
  return markup`<div><dt>${name}${unit !== undefined && markup` <span class="unit">${unit}</span>`}</dt><dd>${value}</dd>${
    note !== undefined && note !== null && note !== false && markup`<dd class="note">${note}</dd>`
  }</div>
`;
}

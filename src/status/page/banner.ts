// The line of state at the top of every page: a word, a shape and a colour that all say the same.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import type { ClockStatus, Status } from "../status.ts";
import { type Level, type State, stateOf } from "./state.ts";
import { clockTime, duration, moment } from "./when.ts";

export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  ok: "OK",
  starting: "Starting",
  attention: "Attention",
  fault: "Fault",
};

/** On a grid of 24: a disc with a tick, a ring, a triangle and an octagon with their marks. */
const SHAPES: Readonly<Record<Level, Markup>> = {
  ok: markup`<circle cx="12" cy="12" r="11"/><path class="cut" d="M6.5 12.5l3.8 3.8 7.2-8"/>`,
  starting: markup`<circle class="ring" cx="12" cy="12" r="9.5"/><path class="ring" d="M12 6.5V12l4 2.5"/>`,
  attention: markup`<path d="M12 1.5L23.5 22.5H.5Z"/><path class="cut" d="M12 9v6.2M12 18v1.6"/>`,
  fault: markup`<path d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4Z"/><path class="cut" d="M7.8 7.8l8.4 8.4M16.2 7.8l-8.4 8.4"/>`,
};

/** The shape of a state, beside its word. */
export function shape(level: Level): Markup {
  return markup`<svg class="shape ${level}" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[level]}</svg>`;
}

/** Of the front page, with the page's first heading in it. */
export function stateBanner(status: Status): Markup {
  const state = stateOf(status);
  return markup`<section class="state ${state.level}" aria-label="State">
<p class="word">${shape(state.level)}${LEVEL_WORDS[state.level]}</p>
<div class="what">
<h1><bdi>${status.instance}</bdi></h1>
${announced(state)}
</div>
<dl class="facts">
${facts(status).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
</section>`;
}

/** Of the other pages: the word and what is wrong. */
export function stateLine(status: Status): Markup {
  const state = stateOf(status);
  return markup`<div class="state line ${state.level}">
<p class="word">${shape(state.level)}${LEVEL_WORDS[state.level]}</p>
<div class="what">${announced(state)}</div>
</div>`;
}

/** A live region: it holds nothing that changes while the state does not. */
function announced({ level, sentence, others }: State): Markup {
  const more = others.length > 0 && markup`<ul>${others.map((other) => markup`<li>${other}</li>`)}</ul>`;
  return markup`<div id="state" role="status" aria-live="polite"><span class="unseen">${LEVEL_WORDS[level]}: </span><p>${sentence}</p>${more}</div>`;
}

function facts(status: Status): readonly (readonly [string, Content])[] {
  const { time, started, version, window_seconds, clock } = status;
  const up = Date.parse(time) - Date.parse(started);
  return [
    ["Last window", lastWindow(status)],
    ["Windows of", `${window_seconds} s`],
    ["Running for", markup`<time datetime="${started}">${duration(up)}</time>`],
    ["Version", version],
    ["Clock", clockText(clock)],
    ["As of", markup`<time datetime="${time}">${clockTime(time, time)} UTC</time>`],
  ];
}

function lastWindow({ interfaces, time }: Status): Content {
  const ends = interfaces.map(({ last_window_end }) => last_window_end).filter((end) => end !== null);
  const last = ends.toSorted().at(-1);
  return last === undefined ? "none yet" : moment(last, time);
}

function clockText(clock: ClockStatus | null): string {
  if (clock === null) return "unknown";
  if (!clock.synchronized) return "not synchronised";
  const ms = clock.max_error_seconds * 1000;
  return `synchronised, ±${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

// How the pages look: the family of the bill, denser. Colours say nothing that a word, a shape or a place does not say too.

import { STYLE } from "../../billing/html/style.ts";
import { type Column, COLUMNS } from "./columns.ts";

const PAGE = `
:root {
  --ok: #17713b; --ok-ground: #e7f4ec; --near: #7a5200; --near-ground: #fff3cc; --near-fill: #d89b00;
  --over: #b3261e; --over-ground: #fdeceb; --over-fill: #c5352c; --track: #e3e7ec; --calm: #5b7fa6;
  --amber: #f2b600; --amber-ink: #1f1800; --red: #b3261e; --green: #17713b; --grey: #525c68;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ok: #6cd394; --ok-ground: #14291d; --near: #f3c653; --near-ground: #2e260f; --near-fill: #d39b12;
    --over: #ff9d94; --over-ground: #351a18; --over-fill: #e5594f; --track: #2f3843; --calm: #6f97c2;
    --grey: #5d6874;
  }
}
body { font-size: 14px; line-height: 1.45; }
body > header, main, body > footer { max-width: 1200px; margin: 0 auto; padding: 0 32px; }
body > header { display: flex; flex-wrap: wrap; gap: 4px 28px; align-items: baseline; padding-top: 14px; padding-bottom: 12px; }
body > header p { margin: 0; }
body > header a { text-decoration: none; }
body > header a:hover { text-decoration: underline; }
.brand a { color: var(--ink); font-weight: 700; letter-spacing: -0.01em; font-size: 1.05rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0; padding: 0; }
.raw { margin-left: auto; font-size: 0.82rem; }
.raw a { color: var(--muted); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; padding: 6px 10px; background: var(--paper); z-index: 2; }
main:focus { outline: none; }
section { margin: 30px 0 0; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 0; letter-spacing: 0; }
p { margin: 0; }
a { text-decoration-thickness: 1px; text-underline-offset: 2px; }
.head { display: flex; flex-wrap: wrap; gap: 0 14px; align-items: baseline; margin: 0 0 6px; }
.head p, .empty, .more, .age, .unit, .label { color: var(--muted); }
.head p { font-size: 0.86rem; }
.age { font-size: 0.92em; }
.unit { font-weight: 400; font-size: 0.92em; }
.empty { padding: 10px 0; border-top: 1px solid var(--grid); }
.more { padding: 8px 0 0; }
.near { color: var(--near); }
.over { color: var(--over); }

#stale { position: sticky; top: 0; z-index: 1; max-width: 1136px; margin: 0 auto 10px; padding: 9px 16px; background: var(--ink); color: var(--paper); font-weight: 600; }
#stale[hidden] { display: none; }

.state { display: flex; align-items: stretch; margin: 0; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; background: var(--panel); }
.state .word { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 6px; flex: none; min-width: 132px; padding: 16px 18px; font-size: 1.15rem; font-weight: 700; line-height: 1.1; }
.state .shape { width: 38px; height: 38px; }
.state .what { flex: 1 1 320px; min-width: 0; padding: 15px 22px; align-self: center; }
.state ul { margin: 4px 0 0; padding-left: 1.2em; }
#state { margin: 3px 0 0; font-size: 1.02rem; }
.state.ok .word { background: var(--green); color: #ffffff; }
.state.starting .word { background: var(--grey); color: #ffffff; }
.state.attention .word { background: var(--amber); color: var(--amber-ink); }
.state.fault .word { background: var(--red); color: #ffffff; }
.state.ok { border-color: var(--green); }
.state.attention { border-color: var(--near-fill); background: var(--near-ground); }
.state.fault { border-color: var(--over-fill); background: var(--over-ground); }
.stale .state { border: 1px dashed var(--muted); background: var(--panel); }
.stale .state .word { background: repeating-linear-gradient(135deg, #59636f 0 8px, #525c68 8px 16px); color: #ffffff; }
.facts { flex: 0 0 auto; display: grid; grid-template-columns: repeat(3, auto); gap: 6px 22px; margin: 0; padding: 14px 20px; align-content: center; border-left: 1px solid var(--line); font-size: 0.86rem; font-variant-numeric: tabular-nums; }
.facts dt { color: var(--muted); font-size: 0.92em; }
.facts dd { margin: 0; }
.state.line .word { flex-direction: row; gap: 8px; min-width: 0; padding: 7px 14px; font-size: 0.95rem; }
.state.line .shape { width: 18px; height: 18px; }
.state.line .what { padding: 6px 14px; }
.state.line #state { margin: 0; font-size: 0.95rem; }

svg.shape { min-width: 0; flex: none; fill: currentColor; }
.shape .cut { fill: none; stroke: var(--shape-cut, var(--paper)); stroke-width: 2.6; stroke-linecap: round; stroke-linejoin: round; }
.shape .ring { fill: none; stroke: currentColor; stroke-width: 2.4; stroke-linecap: round; }
.state.ok .word { --shape-cut: var(--green); }
.state.attention .word { --shape-cut: var(--amber); }
.state.fault .word { --shape-cut: var(--red); }
.stale .state .word { --shape-cut: #525c68; }
.badge { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; vertical-align: -2px; }
.badge .shape { width: 13px; height: 13px; }
.badge.ok { color: var(--ok); }
.badge.starting { color: var(--muted); }
.badge.attention { color: var(--near); font-weight: 600; }
.badge.fault { color: var(--over); font-weight: 600; }

table { font-size: 0.92rem; width: 100%; }
th, td { padding: 5px 0 5px 20px; vertical-align: baseline; }
tr > :first-child { padding-left: 0; }
tr > :last-child { padding-right: 4px; }
td, thead th { text-align: right; white-space: nowrap; }
th[scope="row"], thead tr:first-child > th:first-child, td.text, th.text, td.wide, th.wide { text-align: left; }
th[scope="row"] { font-weight: 600; min-width: 130px; overflow-wrap: anywhere; }
thead th { font-size: 0.9em; border-bottom: 1px solid var(--muted); padding-bottom: 3px; }
thead tr:first-child:not(:last-child) th { border-bottom: 0; padding-bottom: 0; }
thead th[rowspan] { border-bottom: 1px solid var(--muted) !important; padding-bottom: 3px !important; }
thead th.group { text-align: center; }
thead th.group span { display: block; border-bottom: 1px solid var(--line); padding-bottom: 2px; }
thead th.group .unit { display: inline; border: 0; padding: 0; }
thead tr + tr > :first-child { padding-left: 20px; }
tbody tr:hover > * { background: var(--panel); }
tr.noted > * { border-bottom: 0; padding-bottom: 1px; }
tr.note > td { text-align: left; white-space: normal; padding: 0 4px 7px 14px; overflow-wrap: anywhere; color: var(--muted); max-width: 0; }
tr.row-over > th:first-child { box-shadow: inset 3px 0 0 var(--over-fill); padding-left: 10px; }
tr.row-near > th:first-child { box-shadow: inset 3px 0 0 var(--near-fill); padding-left: 10px; }
.standing { display: inline-block; font-size: 0.88em; font-weight: 600; white-space: nowrap; padding: 0 6px; border-radius: 3px; }
th .standing { display: block; width: fit-content; margin: 2px 0 1px; }
.standing.over { background: var(--over-ground); }
.standing.near { background: var(--near-ground); }
h2 .standing { font-size: 0.8rem; }
td.text { white-space: normal; overflow-wrap: anywhere; min-width: 100px; }
td.wide { min-width: 136px; }
.customers th, .customers td { padding-left: 16px; }
.customers tr > :first-child:not(td) { padding-left: 10px; }
.customers td:nth-child(2) .unit { display: inline-block; min-width: 2em; text-align: left; }
.customers thead tr + tr > :first-child { padding-left: 16px; }
.customers th[scope="row"] { min-width: 218px; }
.pair { display: flex; justify-content: space-between; align-items: baseline; gap: 10px; }

svg.gauge { width: 100%; min-width: 0; height: 6px; border-radius: 3px; overflow: hidden; margin-top: 2px; }
.gauge .track { fill: var(--track); }
.gauge .part { fill: var(--calm); }
.gauge.near .part { fill: var(--near-fill); }
.gauge.over .part { fill: var(--over-fill); }
.gauge .bound { fill: var(--ink); }
.ledger { display: flex; flex-wrap: wrap; gap: 2px 18px; align-items: center; margin: 10px 0 0; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
.ledger .gauge { flex: 0 1 220px; height: 8px; border-radius: 4px; margin: 0; }
.ledger .over { font-weight: 600; }

figure { margin: 0; }
figcaption { font-size: 0.86rem; }
figure svg { font-size: 10.5px; }
figure svg .weekday { font-size: 9.5px; }
#day-chart { min-width: 900px; font-size: 11.5px; }
#day-chart .hour { stroke: var(--grid); fill: none; }
#day-chart .day { stroke: var(--muted); fill: none; }
#day-chart .axis { stroke: var(--ink); stroke-width: 1; fill: none; }
#day-chart .date { font-weight: 600; }
#day-chart .now { stroke: var(--ink); stroke-dasharray: 2 3; fill: none; }
#day-chart .now-mark { fill: var(--ink); }
#day-chart .least { stroke: none; }
.complete { fill: var(--calm); }
.incomplete { fill: var(--near-fill); }
#day-chart .gap { stroke: var(--muted); stroke-width: 0.5; }
.mark.box.whole { background: var(--series); border: 0; }
.mark.now { width: 0; height: 14px; border-left: 2px dotted var(--ink); }
.mark.complete { background: var(--calm); height: 8px; }
.mark.incomplete { background: var(--near-fill); height: 5px; }

.title { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; margin: 22px 0 12px; }
.title .kind { flex-basis: 100%; margin-bottom: -4px; }
.title p { color: var(--muted); }
.title h1 { max-width: 100%; }
.labels { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 8px; margin: 0; padding: 0; }
.labels li { border: 1px solid var(--line); border-radius: 4px; padding: 0 8px; }
.figures-row { display: flex; flex-wrap: wrap; gap: 14px 30px; margin: 0 0 12px; padding: 12px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
.figures-row > div { min-width: 104px; }
.figures-row dt { color: var(--muted); font-size: 0.86rem; }
.figures-row dd { margin: 0; font-size: 1.12rem; line-height: 1.35; }
.figures-row dd.note { color: var(--muted); font-size: 0.82rem; }
.figures-row b { font-size: 1.35rem; font-weight: 650; letter-spacing: -0.01em; line-height: 1.2; }
.in-out { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
.in-out .label { font-size: 0.86rem; }
.networks-of { margin: 0 0 14px; }
.networks-of ul { list-style: none; display: inline-flex; flex-wrap: wrap; gap: 2px 14px; margin: 0; padding: 0 0 0 8px; }
body > footer { font-size: 0.82rem; padding-top: 28px; padding-bottom: 32px; }
`;

const PHONE = `
@media screen and (max-width: 720px) {
  body > header, main, body > footer { padding-left: 16px; padding-right: 16px; }
  .raw { display: none; }
  .state { flex-wrap: wrap; }
  .state .word { flex-direction: row; flex: 1 0 100%; padding: 8px 14px; justify-content: flex-start; gap: 10px; }
  .state .shape { width: 24px; height: 24px; }
  .state .what { flex-basis: 100%; padding: 10px 14px; }
  .facts { flex: 1 0 100%; grid-template-columns: repeat(2, auto); border-left: 0; border-top: 1px solid var(--line); padding: 10px 14px; }
  .state.line .word { flex: 1 0 100%; }
  .scroll:has(> .cards) { overflow: visible; }
  .cards, .cards tbody { display: block; }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards tr { display: grid; grid-template-columns: repeat(12, 1fr); gap: 4px 6px; align-items: start; padding: 8px 0 9px; border-top: 1px solid var(--line); }
  .cards tr.note { display: block; border-top: 0; padding-top: 0; }
  .cards tr > * { display: block; padding: 0; border: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 0; }
  .cards tr.note > td { max-width: none; }
  .cards th[scope="row"] { grid-column: 1 / -1; }
  .customers tr > :first-child:not(td) { padding-left: 0; }
  .cards tr.row-over > th:first-child, .cards tr.row-near > th:first-child { padding-left: 10px; }
  .cards td { grid-column: span 3; }
  .cards td.wide, .customers td:nth-child(2) { grid-column: span 6; min-width: 0; }
  .customers td:nth-child(9) { grid-column: span 6; order: 1; text-align: right; }
  .customers td:nth-child(n + 3):not(:nth-child(9)) { order: 2; }
  .interfaces td:nth-child(2) { grid-column: span 4; }
  .interfaces td:nth-child(3) { grid-column: span 2; }
  .endpoints td:nth-child(2), .endpoints td:nth-child(3) { grid-column: span 6; }
  .cards .badge { display: flex; }
  .networks td { font-size: 0.95em; letter-spacing: -0.01em; white-space: nowrap; }
  .top td:nth-child(2) { grid-column: span 4; }
  .top td:nth-child(3) { grid-column: span 2; }
  .addresses td:nth-child(2) { grid-column: span 2; }
  .addresses td:nth-child(5) { grid-column: span 4; }
  thead tr + tr > :first-child { padding-left: 0; }
  .cards td::before { display: block; color: var(--muted); font-size: 0.78em; font-weight: 400; line-height: 1.3; }
  .cards tr.note > td::before { display: none; }
  .age { display: block; }
  .facts .age { display: inline; }
  figure svg { font-size: 13px; }
  #day-chart { min-width: 640px; font-size: 15px; }
  .scroll:has(> #day-chart) { direction: rtl; }
  .scroll > #day-chart { direction: ltr; }
  .figures-row { display: grid; grid-template-columns: 1fr 1fr; gap: 12px 28px; }
}
`;

/** Cards have the heads of their table as labels. */
function cardLabels(): string {
  const rules = Object.entries(COLUMNS).flatMap(([table, columns]) => {
    return columns.slice(1).map((column, index) => {
      return `  .${table} td:nth-child(${index + 2})::before { content: "${labelOf(column)}"; }`;
    });
  });
  return `@media screen and (max-width: 720px) {\n${rules.join("\n")}\n}\n`;
}

function labelOf({ title, unit, card }: Column): string {
  return card ?? (unit === undefined ? title : `${title}, ${unit}`);
}

/** /status.css. */
export const PAGE_STYLE = `${STYLE}${PAGE}${PHONE}${cardLabels()}`;

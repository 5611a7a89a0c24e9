// How a bill looks: on a screen light or dark, on a phone, and on A4 paper, also in black and white. Colours are told
// apart without colour vision (blue, orange, violet of different lightness) and never the only mark.

/** The document's style sheet. Holds nothing that would have to be escaped, and fetches nothing. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f5f7f9; --ink: #1a1f26; --muted: #525c68; --line: #d3d9e0; --grid: #e3e7ec;
  --in: #0b63b0; --out: #b8480a; --both: #6a45a8; --mark: #1a1f26; --accent: #0b63b0;
  --notice: #fff5d6; --notice-ink: #5c4300; --notice-line: #b98900; --weekend: #f4f5f7;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --panel: #1a2029; --ink: #e8ecf1; --muted: #a5b0bd; --line: #39424e; --grid: #2a323c;
    --in: #62b0f5; --out: #f29250; --both: #b79af0; --mark: #ffffff; --accent: #7cbcf8;
    --notice: #352b0c; --notice-ink: #f5dc92; --notice-line: #b98900; --weekend: #181d25;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
main, body > footer { max-width: 984px; margin: 0 auto; padding: 0 32px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 40px 0 16px; }
h2 { font-size: 2rem; line-height: 1.2; margin: 2px 0 10px; letter-spacing: -0.01em; }
h3 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 10px; }
p { margin: 0 0 10px; }
a { color: var(--accent); }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.muted { color: var(--muted); font-weight: 400; }
section { margin: 40px 0 0; }
.bill { padding: 40px 0; }
.bill + .bill { border-top: 2px solid var(--line); }
.kind { color: var(--muted); margin: 0; }
.contract-name { font-weight: 400; color: var(--muted); }
.meta { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; color: var(--muted); margin: 0; }
.status { border: 1.5px solid currentColor; border-radius: 4px; padding: 0 8px; font-weight: 600; color: var(--ink); }
.provisional .status { border-style: dashed; color: var(--notice-ink); background: var(--notice); border-color: var(--notice-line); }
.notice { margin: 16px 0 0; padding: 10px 14px; background: var(--notice); color: var(--notice-ink); border-left: 4px solid var(--notice-line); }
.big { display: flex; flex-wrap: wrap; gap: 16px 56px; margin: 28px 0 0; padding: 22px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
.big p { margin: 0; }
.big .name { font-weight: 600; }
.big .value { font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.big .lead .value { font-size: 2.6rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.15; }
.big div:not(.lead) .value { padding-top: 0.85rem; }
.big .unit { font-size: 1.1rem; font-weight: 400; letter-spacing: 0; color: var(--muted); }
.big .note { color: var(--muted); font-size: 0.9rem; }
.rule, .steps { padding-left: 1.5em; margin: 0; max-width: 76ch; }
.rule li, .steps > li { margin: 0 0 7px; padding-left: 4px; }
figure { margin: 0 0 16px; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 640px; height: auto; font-size: 12.5px; }
svg text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
svg .tick, svg .weekday { fill: var(--muted); }
svg .weekday { font-size: 11px; }
.panel { font-weight: 600; }
.grid { stroke: var(--grid); fill: none; }
.weekend { fill: var(--weekend); }
.midnight { stroke: var(--muted); fill: none; }
.in { --series: var(--in); }
.out { --series: var(--out); }
.max, .sum { --series: var(--both); }
.greatest { fill: color-mix(in srgb, var(--series) 38%, var(--paper)); stroke: var(--series); stroke-width: 0.8; stroke-linejoin: round; }
.least { fill: var(--series); }
.above { fill: var(--paper); fill-opacity: 0.62; }
.discarded { fill: var(--series); }
.discarded-part { fill: var(--muted); fill-opacity: 0.2; }
.percentile { stroke: var(--mark); stroke-width: 1.6; fill: none; }
.commit { stroke: var(--mark); stroke-width: 1.4; stroke-dasharray: 7 4; fill: none; }
.line-label { font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.billed { fill: var(--paper); stroke: var(--mark); stroke-width: 2; }
.hatch-ground { fill: var(--paper); }
.hatch-line { stroke: var(--muted); stroke-width: 2.5; }
.outside { fill: var(--panel); }
.curve { fill: none; stroke: var(--series); stroke-width: 1.6; stroke-dasharray: 5 3; }
.billed-curve .curve { stroke-width: 2.6; stroke-dasharray: none; }
.bar { fill: var(--series); }
.bar.out { fill: color-mix(in srgb, var(--series) 45%, var(--paper)); stroke: var(--series); }
figcaption { color: var(--muted); font-size: 0.88rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 6px 0 2px; padding: 0; }
.legend li { display: flex; align-items: center; gap: 7px; }
.mark { display: inline-block; width: 20px; height: 12px; flex: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.mark.area { background: linear-gradient(color-mix(in srgb, var(--in) 38%, var(--paper)) 50%, var(--in) 50%); }
.mark.percentile { height: 0; border-top: 2px solid var(--mark); }
.mark.commit { height: 0; border-top: 2px dashed var(--mark); }
.mark.above { border: 1px solid var(--in); background: color-mix(in srgb, var(--in) 14%, var(--paper)); }
.mark.ring { width: 12px; border: 2px solid var(--mark); border-radius: 50%; }
.mark.gap { background: repeating-linear-gradient(135deg, var(--muted) 0 2px, var(--paper) 2px 6px); border: 1px solid var(--muted); }
.mark.line { height: 0; border-top: 2.5px solid var(--series); }
.mark.line.other { border-top: 2px dashed var(--series); }
.mark.part { background: color-mix(in srgb, var(--muted) 25%, var(--paper)); }
.mark.box { background: var(--series); }
.mark.box.out { background: color-mix(in srgb, var(--series) 45%, var(--paper)); border: 1px solid var(--series); }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: 4px 24px 4px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid); }
th { font-weight: 400; }
thead th, tfoot th, tfoot td { font-weight: 600; }
thead th { border-bottom: 1.5px solid var(--muted); vertical-align: bottom; }
tfoot th, tfoot td { border-top: 1.5px solid var(--muted); border-bottom: 0; }
.numbers, .figures, .times { width: 100%; }
.numbers th:not([scope="row"]):not(:first-child), .numbers td, .figures td, .figures thead th:not(:first-child),
.times td:nth-child(n + 4), .times th:nth-child(n + 4) { text-align: right; }
.numbers td, .figures td, .times td { white-space: nowrap; }
.numbers .text, .numbers thead th.text { text-align: left; padding-left: 12px; }
tr > :last-child { padding-right: 0; }
.figures tbody + tbody tr:first-child > * { border-top: 1px solid var(--muted); }
.contents th a { font-weight: 600; }
.contents td:nth-child(n + 4), .contents th:nth-child(n + 4) { text-align: right; white-space: nowrap; }
pre, code { font-family: ui-monospace, "SFMono-Regular", Consolas, "DejaVu Sans Mono", monospace; font-size: 0.82rem; }
pre { margin: 6px 0 10px; padding: 9px 12px; background: var(--panel); border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
h4 { font-size: 1rem; margin: 20px 0 6px; }
.digest { overflow-wrap: anywhere; }
body > footer { color: var(--muted); font-size: 0.85rem; padding-top: 16px; padding-bottom: 40px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media screen and (max-width: 600px) {
  main, body > footer { padding: 0 16px; }
  .bill { padding: 24px 0; }
  h2 { font-size: 1.6rem; }
  .big { gap: 16px 32px; }
  .big .lead .value { font-size: 2.1rem; }
  th, td { padding-right: 14px; }
}
@page { size: A4; margin: 14mm 15mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; color: #525c68; } }
@page provisional { @top-right { content: "Provisional"; font: bold 9pt sans-serif; color: #1a1f26; } }
@media print {
  html { font-size: 12.5px; }
  body { font-size: 10pt; line-height: 1.38; }
  main, body > footer { max-width: none; padding: 0; }
  .bill { padding: 0; break-before: page; border: 0; }
  .bill:first-of-type:not(nav + .bill) { break-before: auto; }
  .bill.provisional { page: provisional; }
  .bill + .bill { border: 0; }
  h1 { margin-top: 0; }
  h3, h4 { break-after: avoid; }
  section { margin-top: 18pt; }
  .big { margin-top: 12pt; padding: 10pt 0; }
  .rule { max-width: none; }
  .rule li, .steps > li { margin-bottom: 2pt; }
  figure, tr, .figures tbody, pre, .big, .rule li, .steps > li, .notice { break-inside: avoid; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  .scroll { overflow: visible; }
  svg { min-width: 0; }
  table { font-size: 9pt; }
  th, td { padding-top: 2pt; padding-bottom: 2pt; padding-right: 12pt; }
  pre, code { font-size: 8pt; }
  pre { background: none; }
  a { color: inherit; text-decoration: none; }
  .status, .notice { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

// How anyone can come to the same figures: the intervals as CSV, the steps in a shell, and the contract as it is in the
// bill's JSON. The commands are complete for the bill that they stand in.

import type { Bill } from "../bill.ts";
import { contractJson } from "../contract-json.ts";
import type { MonthGrid } from "../month-grid.ts";
import { type Content, markup, type Markup, preformatted } from "./markup.ts";
import { whole } from "./numbers.ts";
import { type RecomputeCommands, recomputeCommands } from "./recompute-commands.ts";
import { isVisible, visibleJson } from "./visible-text.ts";

export function recomputeSection(bill: Bill, grid: MonthGrid): Markup {
  const report = "acct-agent report --config agent.toml";
  const one = `${report} --month ${bill.period} \\\n  ${customerOption(bill)}`;
  const commands = recomputeCommands(bill, grid);
  return markup`<ol class="steps">
      <li>
        Take the intervals that the bill was made of, a line for each interval of each network at each site:
        ${shell(`${one}--intervals --output intervals.csv`)}${digest(bill, commands)}
      </li>
      <li>${ranking(bill, commands)}</li>
      <li>
        Multiply by 8 and divide by 300 for bits a second, and follow the rule above. Or let the agent compare every
        figure of the bill, which it also gives as JSON, with the intervals that it keeps:
        ${shell(`${one}--format json --output bill.json\n${report} --verify bill.json`)}
      </li>
    </ol>
    <h4>The contract, as in the bill's JSON</h4>
    <pre class="contract">${preformatted(visibleJson(contractJson(bill.contract)))}</pre>`;
}

function shell(command: string): Markup {
  return markup`<pre class="shell">${preformatted(command)}</pre>`;
}

/** Left out where the name cannot be written as it is; with `=`, since it may begin with a dash. */
function customerOption({ contract: { customer } }: Bill): string {
  return isVisible(customer) ? `--customer=${quoted(customer)} ` : "";
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function digest({ intervalsSha256 }: Bill, commands: RecomputeCommands | null): Content {
  if (intervalsSha256 === null) return null;
  return markup`Those that were observed have the SHA-256 <code class="digest">${intervalsSha256}</code>:
    ${commands && shell(commands.digest)}`;
}

function ranking(bill: Bill, commands: RecomputeCommands | null): Markup {
  const { contract, ranked, discarded, rank } = bill;
  if (contract.aggregation === "sum_of_percentiles")
    return markup`For each network at each site alone, sort its ${whole(ranked)} intervals, discard the top
      ${whole(discarded)} and take the next one; then add what all give.`;
  const without = contract.gaps === "exclude" && ", leave out those that any series lacks";
  const words = markup`Add up the bytes of all series in each interval${without}, sort the sums, and take
    number ${whole(rank)}; beyond the last, it is 0.`;
  if (commands === null) return words;
  const both = commands.ranks.length > 1 && " For in, for out, and both added:";
  return markup`${words}${both} ${shell(commands.ranks.join("\n"))}`;
}

// What a month that is not over may come to.

import type { Bill, Projection } from "../bill.ts";
import { markup, type Markup } from "./markup.ts";
import { mbps, shortMbps } from "./numbers.ts";

export function projectionSection({ contract, commitBps }: Bill, projection: Projection): Markup {
  const rows = [
    ["Best", projection.bestBps, "nothing more passes"],
    ["Same as so far", projection.sameBps, "the rest of the month is like what has passed"],
    ["Worst", projection.worstBps, "the rest of the month stays at the greatest interval so far"],
  ] as const;
  const columns =
    commitBps === null ? null : markup`<th scope="col">Above the commit of ${shortMbps(commitBps)} Mbps</th>`;
  const body = rows.map(([name, bps, meaning]) => {
    const above = commitBps === null ? null : markup`<td>${mbps(Math.max(0, bps - commitBps))} Mbps</td>`;
    return markup`<tr>
      <th scope="row">${name}</th>
      <td>${mbps(bps)} Mbps</td>
      ${above}
      <td class="text">if ${meaning}</td>
    </tr>`;
  });
  return markup`<p>
      What the whole month may come to${contract.rounding && ", before rounding"}: a guide, since the rest may also
      exceed all that has passed.
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="Projection">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Case</th>
            <th scope="col">Billed rate</th>
            ${columns}
            <th scope="col">Holds</th>
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>`;
}

// All bills of the running month to date, by customer.

import { markup } from "../../billing/html/markup.ts";
import { counted } from "../../billing/html/numbers.ts";
import { stateLine } from "./banner.ts";
import { allCustomers } from "./customers-section.ts";
import { pageDocument } from "./document.ts";
import type { View } from "./view.ts";

/** The whole document. */
export function customersPage(view: View): string {
  const count = view.usage?.bills.length ?? 0;
  return pageDocument({
    view,
    title: "Customers",
    main: markup`${stateLine(view.status)}
<div class="title"><h1>Customers</h1><p>${counted(count, "bill")} of the running month to date, by customer</p></div>
${allCustomers(view)}`,
  });
}

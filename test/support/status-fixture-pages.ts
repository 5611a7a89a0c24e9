// The pages of the hoster's agent, by path.

import { customerPage } from "../../src/status/page/customer-page.ts";
import { customersPage } from "../../src/status/page/customers-page.ts";
import { networkPage } from "../../src/status/page/network-page.ts";
import { networksPage } from "../../src/status/page/networks-page.ts";
import { customerPath, networkPath } from "../../src/status/page/paths.ts";
import { statusPage } from "../../src/status/page/status-page.ts";
import { NETWORKS } from "./hoster-traffic.ts";
import { addressesOf, CUSTOMER_BILLS, networkMonth, networkUsage, VIEW } from "./status-fixture.ts";

/** Documents are made when they are asked for. */
export function hosterPages(): ReadonlyMap<string, () => string> {
  const networks = NETWORKS.map((one): readonly [string, () => string] => [
    networkPath(one.name),
    () => {
      const addresses = addressesOf(one, 24);
      return networkPage({
        ...VIEW,
        network: networkUsage(one),
        month: networkMonth(one),
        addresses,
        otherAddresses: 37,
      });
    },
  ]);
  const customers = CUSTOMER_BILLS.map((bill): readonly [string, () => string] => [
    customerPath(bill.customer),
    () => customerPage({ ...VIEW, customer: bill.customer, bills: [bill] }),
  ]);
  return new Map([
    ["/", () => statusPage(VIEW)],
    ["/networks", () => networksPage(VIEW)],
    ["/customers", () => customersPage(VIEW)],
    ...networks,
    ...customers,
  ]);
}

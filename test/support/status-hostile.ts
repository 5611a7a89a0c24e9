// The hoster's agent with a thousand times as much of everything, and texts that try to be more than texts.

import { customerPage } from "../../src/status/page/customer-page.ts";
import { customersPage } from "../../src/status/page/customers-page.ts";
import { networkPage } from "../../src/status/page/network-page.ts";
import { networksPage } from "../../src/status/page/networks-page.ts";
import { statusPage } from "../../src/status/page/status-page.ts";
import type { Status } from "../../src/status/status.ts";
import type { BillToDate, UsageReport } from "../../src/status/usage.ts";
import { addressesOf, CUSTOMER_BILLS, networkMonth, networkUsage, STATUS, USAGE } from "./status-fixture.ts";
import { NETWORKS } from "./hoster-traffic.ts";

const SCRIPT = `<script>alert(document.domain)</script>`;

export const HOSTILE_NAMES: readonly string[] = [
  `${SCRIPT}"><b>bold</b>`,
  `" onerror="alert(1)" x='`,
  "\u202eevil\u2066 ../../api/status?#",
  "شركة الاتصالات المتقدمة للخدمات الرقمية",
  "👩‍👩‍👧‍👦🏳️‍🌈🚀 Emoji & Söhne 😀",
  `Gesellschaft ${"ÄÖÜß-".repeat(120)}`,
  "W".repeat(400),
  "]]>--><!--\n\r\t\u0000",
  "</title></caption></table></svg></main>",
];

function nameOf(index: number): string {
  const name = HOSTILE_NAMES[index % HOSTILE_NAMES.length] ?? "";
  return index < HOSTILE_NAMES.length ? name : `${name} ${index}`;
}

/** `count` networks and customers with such names, and errors of 1 KB. */
export function crowd(count: number): { status: Status; usage: UsageReport } {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const pick = <T>(list: readonly T[], index: number): T => {
    const found = list[index % list.length];
    if (found === undefined) throw new Error("the list is empty");
    return found;
  };
  const networks = indexes.map((index) => ({ ...pick(USAGE.networks, index), name: nameOf(index) }));
  const bills: readonly BillToDate[] = indexes.map((index) => ({
    ...pick(USAGE.bills, index),
    customer: nameOf(index),
    name: nameOf(index + 1),
    networks: [nameOf(index)],
  }));
  const error = `${SCRIPT} ${"the answer was not understood ".repeat(40)}`.slice(0, 1024);
  return {
    status: {
      ...STATUS,
      instance: nameOf(0),
      health: `eth0 is not captured: ${error}`,
      interfaces: STATUS.interfaces.map((one) => ({ ...one, reason: error, name: SCRIPT })),
      endpoints: STATUS.endpoints.map((one) => ({ ...one, last_error: error, name: SCRIPT })),
      networks: indexes.map((index) => ({ ...pick(STATUS.networks, index), name: nameOf(index) })),
      top: STATUS.top.map((one, index) => ({ ...one, network: nameOf(index), interface: SCRIPT })),
    },
    usage: { ...USAGE, networks, bills },
  };
}

/** Every kind of page of such an agent. */
export function hostilePages(): ReadonlyMap<string, () => string> {
  const view = crowd(HOSTILE_NAMES.length * 3);
  const [hosted] = NETWORKS;
  const [bill] = CUSTOMER_BILLS;
  if (hosted === undefined || bill === undefined) throw new Error("the hoster has networks");
  const labels = Object.fromEntries(HOSTILE_NAMES.map((name, index) => [`label_${index}`, name]));
  const network = { ...networkUsage(hosted), name: nameOf(0), labels: { customer: nameOf(0), ...labels } };
  const month = networkMonth(hosted);
  const contract = { ...bill.bill.contract, customer: nameOf(0), name: nameOf(1) };
  const shown = { ...bill, bill: { ...bill.bill, contract } };
  const addresses = addressesOf(hosted, 100).map((one) => ({ ...one, interface: SCRIPT }));
  return new Map([
    ["/?hostile", () => statusPage(view)],
    ["/networks?hostile", () => networksPage(view)],
    ["/customers?hostile", () => customersPage(view)],
    ["/networks/hostile", () => networkPage({ ...view, network, month, addresses, otherAddresses: 9_900 })],
    ["/customers/hostile", () => customerPage({ ...view, customer: nameOf(0), bills: [shown, shown] })],
  ]);
}

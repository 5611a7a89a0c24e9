// From what is asked for to bytes: pages for people, JSON for programs, the counters of addresses for scrapers.

import { busiestAddresses } from "../buffer/counted-addresses.ts";
import type { Resource } from "../telemetry/routes.ts";
import { customerPage } from "./page/customer-page.ts";
import { customersPage } from "./page/customers-page.ts";
import { networkPage } from "./page/network-page.ts";
import { networksPage } from "./page/networks-page.ts";
import { statusPage } from "./page/status-page.ts";
import type { Status } from "./status.ts";
import { type AddressMetrics, MAX_EXPOSED_ADDRESSES } from "./address-metrics.ts";
import type { NetworkAddress } from "./usage.ts";
import type { UsageDesk } from "./usage-desk.ts";

/** `addresses`: their counters in the Prometheus text format. */
export type Wanted = Resource | { readonly kind: "addresses" };

export interface Rendered {
  readonly status: 200 | 404 | 503;
  readonly type: "html" | "json" | "metrics" | "text";
  /** Each with memory of its own. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

const ADDRESSES_SHOWN = 100;

/** Rejects with LedgerError where the ledger cannot be read. */
export async function render(wanted: Wanted, status: Status, desk: UsageDesk): Promise<Rendered> {
  if (wanted.kind === "addresses") return addressCounters(await desk.addressMetrics());
  const usage = await desk.report(status.interfaces.map(({ last_window_end: end }) => end ?? "").join(" "));
  const view = { status, usage };
  switch (wanted.kind) {
    case "usage":
      return { status: 200, type: "json", parts: [encoded(`${JSON.stringify(usage)}\n`)] };
    case "front":
      return html(statusPage(view));
    case "networks":
      return html(networksPage(view));
    case "customers":
      return html(customersPage(view));
    case "network": {
      const network = usage.networks.find(({ name }) => name === wanted.name);
      if (network === undefined) return missing("network");
      const month = await desk.networkBill(network.name);
      return html(networkPage({ ...view, network, month, ...addressesOf(desk, network.name) }));
    }
    case "customer": {
      const bills = await desk.customerBills(wanted.name);
      // Without a settled interval this month a customer is on no bill, and no stranger.
      const isKnown = usage.networks.some(({ name, labels }) => (labels["customer"] ?? name) === wanted.name);
      if (bills === null && !isKnown) return missing("customer");
      return html(customerPage({ ...view, customer: wanted.name, bills: bills ?? [] }));
    }
  }
}

/** Fails where Prometheus' own sample_limit would: a scrape has all counters or none. */
function addressCounters(made: AddressMetrics): Rendered {
  if (made.kind === "pieces") return { status: 200, type: "metrics", parts: made.pieces };
  const fix = "set agent.expose_addresses = false and push them to a [[remote_write]]";
  const problem = `more than ${MAX_EXPOSED_ADDRESSES} addresses are active, too many to scrape: ${fix}\n`;
  return { status: 503, type: "text", parts: [encoded(problem)] };
}

function addressesOf(desk: UsageDesk, network: string) {
  const { addresses, others } = desk.snapshot((database) => busiestAddresses(database, network, ADDRESSES_SHOWN));
  const shown = addresses.map((one): NetworkAddress => {
    const last_active = new Date(one.lastActiveMs).toISOString();
    return {
      address: one.address,
      interface: one.interface,
      bytes_in: one.bytesIn,
      bytes_out: one.bytesOut,
      last_active,
    };
  });
  return { addresses: shown, otherAddresses: others };
}

function html(page: string): Rendered {
  return { status: 200, type: "html", parts: [encoded(page)] };
}

function missing(what: "network" | "customer"): Rendered {
  return { status: 404, type: "text", parts: [encoded(`there is no ${what} of this name\n`)] };
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

import { describe, expect, it } from "vitest";
import { customerPage } from "../../../src/status/page/customer-page.ts";
import { networkPage } from "../../../src/status/page/network-page.ts";
import { networksPage } from "../../../src/status/page/networks-page.ts";
import { NETWORKS } from "../../support/hoster-traffic.ts";
import {
  addressesOf,
  CUSTOMER_BILLS,
  networkMonth,
  networkUsage,
  STATUS,
  USAGE,
  VIEW,
} from "../../support/status-fixture.ts";
import { mbps, rowsOf, textOf } from "../../support/page-text.ts";

describe("networkPage", () => {
  const [, , acme] = NETWORKS;
  if (acme === undefined) throw new Error("the fixture has networks");
  const network = networkUsage(acme);
  const view = { ...VIEW, network, month: networkMonth(acme), addresses: addressesOf(acme, 3), otherAddresses: 1 };

  it("has the network's figures, labels, month and addresses", () => {
    const page = networkPage(view);
    const text = textOf(page);
    const { month } = network;
    expect(text).toContain(`in ${mbps(month?.p95_in_bps ?? 0, 3)}out ${mbps(month?.p95_out_bps ?? 0, 3)}`);
    expect(text).toContain("environment production");
    expect(page).toContain('href="/customers/Acme%20Corporation"');
    expect(page).toContain('id="network-month"');
    expect(rowsOf(page, "addresses")[0]).toBe("203.0.113.2|eth0|623.077 GB|4.182 TB|14:03:00 12 s ago|");
    expect(text).toContain("And 1 more address.");
  });

  it("says that the month is being computed, and that no address was active", () => {
    const text = textOf(
      networkPage({ ...view, network: { ...network, month: null }, month: null, addresses: [], otherAddresses: 0 }),
    );
    expect(text).toContain("The figures of the month are being computed.");
    expect(text).toContain("No address of this network was ever active.");
    expect(text).not.toContain("more address");
  });
});

describe("networksPage", () => {
  it("has every network, by name, numbers in order", () => {
    const usage = { ...USAGE, networks: ["net-10", "net-9", "net-1"].map((name) => ({ ...first(), name })) };
    const page = networksPage({ status: { ...STATUS, networks: [] }, usage });
    expect(rowsOf(page, "networks").map((row) => row.split("|", 1)[0])).toEqual(["net-1", "net-9", "net-10"]);
  });

  function first(): (typeof USAGE.networks)[number] {
    const [network] = USAGE.networks;
    if (network === undefined) throw new Error("the fixture has networks");
    return network;
  }
});

describe("customerPage", () => {
  const [, acme] = CUSTOMER_BILLS;
  if (acme === undefined) throw new Error("the fixture has customers");

  it("has the bill's figures, its month and links to its networks", () => {
    const page = customerPage({ ...VIEW, customer: acme.customer, bills: [acme] });
    const text = textOf(page);
    expect(text).toContain(`Billed so far Mbps${mbps(acme.bill.billableBps, 3)}95th percentile, direction out`);
    expect(text).toContain(`${acme.bill.charge?.amount}`);
    expect(text).toContain("near the commit");
    expect(text).toContain(`best ${mbps(acme.bill.projection?.bestBps ?? 0, 3)}`);
    expect(page).toContain('id="bill-1-month"');
    for (const name of acme.networks) expect(page).toContain(`href="/networks/${name}"`);
  });

  it("says that there is no bill yet", () => {
    expect(textOf(customerPage({ ...VIEW, customer: "Nobody", bills: [] }))).toContain(
      "are being computed, or there was",
    );
  });
});

import { describe, expect, it } from "vitest";
import { statusPage } from "../../../src/status/page/status-page.ts";
import type { Status } from "../../../src/status/status.ts";
import type { BillToDate } from "../../../src/status/usage.ts";
import { STATUS, USAGE, VIEW } from "../../support/status-fixture.ts";
import { mbps, rowsOf, sectionOf, textOf } from "../../support/page-text.ts";

function burstText({ burst_intervals: all, burst_intervals_left: left }: BillToDate): string {
  if (left === null) return "|–|";
  return left < 0 ? `|${-left} beyondof ${all}|` : `|${left}of ${all}|`;
}

describe("statusPage", () => {
  const page = statusPage(VIEW);

  it("has each interface's figures", () => {
    expect(rowsOf(page, "interfaces")).toEqual(
      STATUS.interfaces.map(({ name, in_bps, out_bps, unaccounted_bps, completeness }) => {
        const rates = [in_bps, out_bps, unaccounted_bps].map((bps) => mbps(bps ?? 0, 2)).join("|");
        return `${name}|capturing|ebpf|${rates}|${completeness === 1 ? "100 %" : "99.99 %"}|0|14:03:00 12 s ago|`;
      }),
    );
  });

  it("has each endpoint's backlog, and its last error in full", () => {
    expect(rowsOf(page, "endpoints")).toEqual([
      "central|idle|none|0|0|0|14:03:02 10 s ago|",
      "archive|retrying, behind|2 h 25 min|1,284|1,102,958|0|11:38:47 2 h 24 min ago|",
      `Last error ${STATUS.endpoints[1]?.last_error}|`,
    ]);
    expect(sectionOf(page, "delivering")).toContain("1.205 GB of 2.147 GB, 56.09 %");
  });

  it("has each bill to date, those that need a look first", () => {
    const rows = rowsOf(page, "customers");
    expect(rows).toHaveLength(USAGE.bills.length);
    expect(rows.map((row) => row.split("|", 1)[0])).toEqual([
      "Nordlicht Media GmbH over the commit this month",
      "Acme Corporation transit-fra near the commit",
      "Hanse Hosting eG",
      "Öresund Robotics AB",
      "Stadtbibliothek Lübeck",
      "Kaffeerösterei Blum",
    ]);
    for (const bill of USAGE.bills) {
      const row = rows.find((text) => text.startsWith(bill.customer)) ?? "";
      const { projection, charge } = bill;
      expect(row).toContain(`|${mbps(bill.billable_bps, 3)} ${bill.billable_direction}|`);
      expect(row).toContain(`|${mbps(projection?.best_bps ?? 0, 1)}|${mbps(projection?.same_bps ?? 0, 1)}|`);
      expect(row).toContain(charge === null ? "|–|" : `|${charge.amount} ${charge.currency}|`);
      expect(row).toContain(bill.commit_bps === null ? "|no commit|–|" : `of ${bill.commit_bps / 1e6}|`);
      expect(row).toContain(burstText(bill));
    }
  });

  it("has the busiest networks with their rates and percentiles, linked to their pages", () => {
    const rows = rowsOf(page, "networks");
    expect(rows.map((row) => row.split("|", 1)[0])).toEqual(STATUS.networks.map(({ name }) => name));
    for (const { name, month } of USAGE.networks) {
      const rate = STATUS.networks.find((one) => one.name === name);
      const row = rows.find((text) => text.startsWith(`${name}|`)) ?? "";
      expect(row).toContain(`${name}|${mbps(rate?.in_bps ?? 0, 2)}|${mbps(rate?.out_bps ?? 0, 2)}|`);
      expect(row).toContain(`|${mbps(month?.p95_in_bps ?? 0, 3)}|${mbps(month?.p95_out_bps ?? 0, 3)}|`);
      expect(page).toContain(`href="/networks/${name}"`);
    }
  });

  it("has the top addresses and the day's greatest rates", () => {
    expect(rowsOf(page, "top")).toEqual(
      STATUS.top.map((one) => {
        return `${one.address}|${one.network}|${one.interface}|${mbps(one.in_bps, 2)}|${mbps(one.out_bps, 2)}|`;
      }),
    );
    const greatest = (column: readonly (number | null)[]): number => Math.max(...column.map((value) => value ?? 0));
    const { in_bps: inBps, out_bps: outBps } = USAGE.day;
    expect(page).toContain(
      `In at most ${mbps(greatest(inBps), 2)} Mbps, out at most ${mbps(greatest(outBps), 2)} Mbps.`,
    );
    expect(page).toContain("1 h 15 min were not observed. The least complete interval has 92.00 %.");
  });

  it.each<[string, Partial<Status>, string, string]>([
    ["a healthy agent", { endpoints: STATUS.endpoints.slice(0, 1) }, "ok", "OK: Counting and delivering."],
    ["an agent without an endpoint", { endpoints: [] }, "ok", "OK: Counting into the ledger alone."],
    [
      "what health says",
      { health: "eth1: no window closed in time" },
      "fault",
      "Fault: eth1: no window closed in time",
    ],
    [
      "a full ledger",
      { endpoints: [], ledger: full() },
      "attention",
      "Attention: The ledger is full and drops samples.",
    ],
    [
      "an agent that was started within its last window",
      { endpoints: [], started: "2026-11-21T14:02:30.000Z", interfaces: partly() },
      "ok",
      "OK: Counting into the ledger alone.",
    ],
    [
      "an interface that missed a part of a window",
      { endpoints: [], interfaces: partly() },
      "attention",
      "Attention: eth0 missed a part of its last window.",
    ],
    ["an agent that has just started", { interfaces: starting() }, "starting", "Starting: No window has ended yet."],
    [
      "a clock that nobody keeps",
      { endpoints: [], clock: { synchronized: false, estimated_error_seconds: 16, max_error_seconds: 16 } },
      "attention",
      "Attention: The clock is not synchronised, as far as the kernel knows.",
    ],
  ])("says in a word, a shape and a sentence the state of %s", (_, changed, level, words) => {
    const shown = statusPage({ status: { ...STATUS, ...changed }, usage: USAGE });
    expect(shown).toContain(`<section class="state ${level}"`);
    expect(shown).toContain(`<svg class="shape ${level}"`);
    expect(textOf(/<div id="state"[^]*?<\/div>/.exec(shown)?.[0] ?? "")).toContain(words);
    expect(/<title>(\w+): edge-01\.fra/.exec(shown)?.[1]).toBe(words.split(":", 1)[0]);
  });

  function full(): Status["ledger"] {
    const dropped = { thinned: 12_000, dead_letter: 0, oldest: 30 };
    return { used_bytes: 100, max_bytes: 100, dropped_samples: dropped, dropping_since: "2026-11-21T13:00:00Z" };
  }

  function partly(): Status["interfaces"] {
    return STATUS.interfaces.map((one) => ({ ...one, completeness: 0.5 }));
  }

  function starting(): Status["interfaces"] {
    return STATUS.interfaces.map((one) => ({
      ...one,
      capturing: false,
      last_window_end: null,
      completeness: null,
      in_bps: null,
      out_bps: null,
      unaccounted_bps: null,
      dropped_frames: null,
    }));
  }

  it("says what there is not yet", () => {
    const empty = {
      ...STATUS,
      interfaces: starting(),
      endpoints: [],
      ledger: null,
      clock: null,
      networks: [],
      top: [],
    };
    const first = textOf(statusPage({ status: empty, usage: null }));
    for (const words of [
      "none yet",
      "no window is in it yet",
      "There is no endpoint: what is counted stays in the ledger alone.",
      "The ledger is being read.",
      "The figures of the month are being computed.",
      "There are no networks.",
      "No address of a network had traffic in the last window.",
    ]) {
      expect(first).toContain(words);
    }
    const nothing = USAGE.day.in_bps.map(() => null);
    const day = { ...USAGE.day, in_bps: nothing, out_bps: nothing, completeness: nothing };
    const second = textOf(statusPage({ status: empty, usage: { ...USAGE, bills: [], networks: [], day } }));
    expect(second).toContain("Nothing was observed in the last 24 hours.");
    expect(second).toContain("Nobody has had traffic this month.");
  });

  it("says why an interface is not captured", () => {
    const [one] = STATUS.interfaces;
    if (one === undefined) throw new Error("the fixture has an interface");
    const reason = "eth9: no such interface";
    const page2 = statusPage({ ...VIEW, status: { ...STATUS, interfaces: [{ ...one, capturing: false, reason }] } });
    expect(rowsOf(page2, "interfaces")[1]).toBe(`Not captured: ${reason}|`);
  });
});

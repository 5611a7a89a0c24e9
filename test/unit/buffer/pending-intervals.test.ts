// Which intervals an endpoint has not got yet, as the ledger's file tells beside a running agent.

import { describe, expect, it } from "vitest";
import { pendingIntervals } from "../../../src/buffer/pending-intervals.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import { ledgerOptions } from "../../support/ledger-options.ts";
import { closeInterval, pushedOptions, takeRequests } from "../../support/pushed-ledger.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { windowUsage } from "../../support/window-usage.ts";

const INTERVAL_MS = 300_000;
const START_MS = Date.UTC(2026, 9, 15);
const TRAFFIC = { networks: ["acme"], rows: [{ ip: "192.0.2.1", bytesIn: 1, packetsIn: 1 }] };

describe("pending intervals", () => {
  it("are those that one of the endpoints has not accepted", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(pushedOptions(folder.path, { endpoints: ["central", "other"] }));
    closeInterval(ledger, START_MS, TRAFFIC);
    takeRequests(ledger);
    closeInterval(ledger, START_MS + INTERVAL_MS, TRAFFIC);
    const pending = (...endpoints: string[]): boolean[] => {
      const isPending = pendingIntervals(folder.path, endpoints);
      return [0, 1, 2].map((index) => isPending("eth0", START_MS + index * INTERVAL_MS));
    };
    expect(pending("central")).toEqual([false, true, false]);
    expect(pending("other")).toEqual([true, true, false]);
    expect(pending("central", "other")).toEqual([true, true, false]);
    takeRequests(ledger);
    expect(pending("central")).toEqual([false, false, false]);
    expect(pending("never-met")).toEqual([true, true, false]);
    expect(pending()).toEqual([false, false, false]);
  });

  it("are those of which more may come, on their interface alone", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(ledgerOptions(folder.path));
    ledger.close(windowUsage(START_MS, TRAFFIC.rows), { live: true });
    const isPending = pendingIntervals(folder.path, ["central"]);
    expect([isPending("eth0", START_MS), isPending("eth1", START_MS)]).toEqual([true, false]);
  });

  it("cannot be told without a ledger", async () => {
    await using folder = await tempFolder();
    expect(() => pendingIntervals(folder.path, ["central"])).toThrow(/ledger\.sqlite: there is no ledger; /);
  });
});

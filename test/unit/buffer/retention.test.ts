import { describe, expect, it } from "vitest";

import { ledgerRows, networkOf } from "../../support/ledger-options.ts";
import { accounting, at, closeLive, EPOCH_MS } from "../account/accounting.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const TABLES = ["window", "interval", "interval_usage", "address_interval_usage", "address", "held_usage"];

const counts = (stateDir: string): Record<string, number> =>
  Object.fromEntries(
    TABLES.map((name) => [name, Number(ledgerRows(stateDir, `SELECT count(*) AS n FROM ${name}`)[0]?.["n"])]),
  );

const harvestedSeconds = (stateDir: string): number[] =>
  ledgerRows(stateDir, "SELECT start_ms FROM harvested_window").map(
    (row) => (Number(row["start_ms"]) - EPOCH_MS) / 1_000,
  );

const byAddress = { networks: [networkOf("acme", { billBy: "address" })], idleTimeoutMs: 60_000 };

describe("eraseBefore", () => {
  it("erases what is past: windows, intervals and the counters of addresses that are idle", async () => {
    await using account = await accounting();
    const ledger = account.open(byAddress);
    closeLive(ledger, at(240, [{ ip: A, bytesIn: 1 }]), at(300), at(540, [{ ip: B, bytesIn: 1 }]));
    expect(counts(account.stateDir)).toMatchObject({ window: 3, interval: 2, interval_usage: 2, address: 2 });
    // A window, an interval with a row of its network and one of its address, and the address.
    expect(ledger.eraseBefore(EPOCH_MS + 300_001)).toBe(5);
    expect(counts(account.stateDir)).toEqual({
      window: 2,
      interval: 1,
      interval_usage: 1,
      address_interval_usage: 1,
      address: 1,
      held_usage: 0,
    });
    expect(ledgerRows(account.stateDir, "SELECT DISTINCT start_ms FROM interval_usage")).toEqual([
      { start_ms: BigInt(EPOCH_MS + 300_000) },
    ]);
  });

  it("keeps an interval that is not over, and the window that ends later", async () => {
    await using account = await accounting();
    const ledger = account.open(byAddress);
    closeLive(ledger, at(240, [{ ip: A, bytesIn: 1 }]));
    const before = counts(account.stateDir);
    expect(ledger.eraseBefore(EPOCH_MS + 299_999)).toBe(0);
    expect(counts(account.stateDir)).toEqual(before);
  });

  it("keeps a held window with its usage, which still counts when it closes", async () => {
    await using account = await accounting();
    const ledger = account.open(byAddress);
    ledger.hold(at(0, [{ ip: A, bytesIn: 7 }]));
    expect(ledger.eraseBefore(EPOCH_MS + 86_400_000)).toBe(0);
    ledger.settle({ endedByMs: EPOCH_MS + 86_400_000 });
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM interval_usage")).toEqual([{ bytes_in: 7n }]);
  });

  it("keeps an interval whose gauges are not pushed", async () => {
    await using account = await accounting();
    const ledger = account.open(byAddress);
    closeLive(ledger, at(0, [{ ip: A, bytesIn: 7 }]));
    ledger.eraseBefore(EPOCH_MS + 86_400_000);
    expect(counts(account.stateDir)).toMatchObject({ interval: 1, interval_usage: 1, address_interval_usage: 1 });
    ledger.settle({ endedByMs: EPOCH_MS + 86_400_000 });
    ledger.eraseBefore(EPOCH_MS + 86_400_000);
    expect(counts(account.stateDir)).toMatchObject({ interval: 0, interval_usage: 0, address_interval_usage: 0 });
  });

  it("keeps the counters of a live address however old", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(0, [{ ip: A, bytesIn: 7 }]));
    ledger.eraseBefore(EPOCH_MS + 86_400_000);
    expect(counts(account.stateDir)).toMatchObject({ address: 1 });
  });

  it("forgets which windows a source handed over, once they are over for certain", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, ...[0, 60, 120].map((seconds) => at(seconds, [], { source: "5eed" })));
    expect(ledger.eraseBefore(EPOCH_MS + 360_000)).toBe(5);
    expect(harvestedSeconds(account.stateDir)).toEqual([120]);
    expect(ledger.close(at(120, [], { source: "5eed" }), { live: true }).alreadyThere).toBe(true);
  });

  it("keeps what endpoints have not accepted", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.close(at(240, [{ ip: A, bytesIn: 7 }]), { live: true });
    const pending = ledger.backlog();
    ledger.eraseBefore(EPOCH_MS + 86_400_000);
    expect(ledger.backlog()).toEqual(pending);
  });
});

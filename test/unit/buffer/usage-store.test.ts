import { describe, expect, it } from "vitest";

import { openDatabase } from "../../../src/buffer/database.ts";
import { lastWindows } from "../../../src/buffer/last-windows.ts";
import { NetworkRegistry } from "../../../src/buffer/network-registry.ts";
import { SqliteUsageStore } from "../../../src/buffer/usage-store.ts";
import { emptyTotals } from "../../../src/model/window.ts";
import { ledgerRows, networkOf } from "../../support/ledger-options.ts";
import { tempFolder } from "../../support/temp-folder.ts";

async function stored() {
  const folder = await tempFolder();
  const database = openDatabase(folder.path);
  new NetworkRegistry(database).configure([networkOf("acme")], {});
  return {
    database,
    stateDir: folder.path,
    store: new SqliteUsageStore(database),
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The largest exact integer of a window's column. */
const MOST = Number.MAX_SAFE_INTEGER;
const counters = { bytesIn: MOST, packetsIn: 1, bytesOut: MOST, packetsOut: 2 };

describe("sums beyond 2^53", () => {
  it("stay exact to the byte in cumulative counters, intervals and held windows", async () => {
    await using fixture = await stored();
    const { store, stateDir } = fixture;
    const interfaceId = store.interfaceId("eth0");
    const networkId = store.network("acme").id;
    const key = { interfaceId, networkId, address: [0, 0, 0xffff, 1] as const };
    const window = { startMs: 0, endMs: 60_000, totals: { ...emptyTotals(), ipBytes: MOST } };
    const quality = { observedMs: 60_000, droppedFrames: null, interfaceFrames: null, clockStepMs: 0 };
    for (let times = 0; times < 3; times++) {
      store.addWindow(interfaceId, { ...window, quality }, false);
      store.addToAddress(key, counters, 60_000);
      store.addToInterval({ interfaceId, startMs: 0 }, networkId, counters);
      store.addToAddressInterval(key, 0, counters);
      store.addHeldUsage(key, 0, counters);
    }
    const exact = 3n * BigInt(MOST);
    for (const table of ["address", "interval_usage", "address_interval_usage", "held_usage"]) {
      expect(ledgerRows(stateDir, `SELECT bytes_in, packets_in, bytes_out, packets_out FROM ${table}`)).toEqual([
        { bytes_in: exact, packets_in: 3n, bytes_out: exact, packets_out: 6n },
      ]);
    }
    expect(ledgerRows(stateDir, "SELECT ip_bytes FROM window")).toEqual([{ ip_bytes: exact }]);
  });
});

describe("the ledger's table of windows", () => {
  it("tells the newest window of each interface", async () => {
    await using fixture = await stored();
    const { store, database } = fixture;
    const add = (name: string, startMs: number, observedMs: number): void => {
      const quality = { observedMs, droppedFrames: null, interfaceFrames: 9, clockStepMs: 0 };
      const totals = { ...emptyTotals(), frames: 4 };
      store.addWindow(store.interfaceId(name), { startMs, endMs: startMs + 60_000, totals, quality }, true);
    };
    store.interfaceId("never");
    add("eth1", 60_000, 1);
    add("eth0", 120_000, 2);
    add("eth0", 60_000, 3);
    const known = { frames: 4, droppedFrames: null, interfaceFrames: 9 };
    expect(lastWindows(database)).toEqual([
      { interface: "eth0", startMs: 120_000, endMs: 180_000, closed: 1, observedMs: 2, ...known },
      { interface: "eth1", startMs: 60_000, endMs: 120_000, closed: 1, observedMs: 1, ...known },
    ]);
  });

  it("never opens a closed window again", async () => {
    await using fixture = await stored();
    const { store } = fixture;
    const id = store.interfaceId("eth0");
    const quality = { observedMs: 1, droppedFrames: 0, interfaceFrames: 0, clockStepMs: 0 };
    const window = { startMs: 0, endMs: 60_000, totals: emptyTotals(), quality };
    const states = [false, true, false].map((closed) => {
      store.addWindow(id, window, closed);
      return store.windowState(id, 0);
    });
    expect([store.windowState(id, 60_000), ...states]).toEqual(["unseen", "held", "closed", "closed"]);
  });

  it("refuses a network that the ledger does not know", async () => {
    await using fixture = await stored();
    expect(() => fixture.store.network("initech")).toThrow("network initech is not in the ledger");
  });
});

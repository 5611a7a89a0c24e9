import { describe, expect, it } from "vitest";

import { changeLedger, ledgerRows, takeSamples } from "../../support/ledger-options.ts";
import { accounting, at, closeLive, EPOCH_MS, stamp } from "../account/accounting.ts";

const A = "192.0.2.1";

/** What a commit leaves behind, in every table that it touches. */
const traces = (stateDir: string) =>
  ["window", "interval_usage", "address", "outbox"].map((table) =>
    Number(ledgerRows(stateDir, `SELECT count(*) AS n FROM ${table}`)[0]?.["n"]),
  );

describe("a commit", () => {
  it("that fails at its last statement leaves nothing, and counts once when it is tried again", async () => {
    await using account = await accounting();
    const ledger = account.open({ maxBytes: 1 });
    const refuse = "CREATE TRIGGER refuse BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'no more room'); END";
    changeLedger(account.stateDir, refuse);
    const window = at(60, [{ ip: A, bytesIn: 10 }]);
    expect(() => ledger.close(window, { live: true })).toThrow("no more room");
    expect(traces(account.stateDir)).toEqual([0, 0, 0, 0]);
    changeLedger(account.stateDir, "DROP TRIGGER refuse");
    ledger.close(window, { live: true });
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM address")).toEqual([{ bytes_in: 10n }]);
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM interval_usage")).toEqual([{ bytes_in: 10n }]);
  });

  it("tells what it put into the outbox and what it dropped from it to fit", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const first = ledger.close(at(60, [{ ip: A, bytesIn: 10 }]), { live: true });
    expect(first).toMatchObject({ samples: 9, requests: 2, lateBytes: 0 });
    expect(ledger.backlog()).toEqual([
      { endpoint: "central", requests: 2, samples: 9, oldestWindowEndMs: EPOCH_MS + 120_000, deadLetters: 0 },
    ]);
    const small = account.open({ maxBytes: 1 });
    expect(first.droppedSamples).toEqual({ thinned: 0, dead_letter: 0, oldest: 0 });
    const droppedSamples = { thinned: 5, dead_letter: 0, oldest: 9 };
    expect(small.close(at(120), { live: true })).toMatchObject({ samples: 5, requests: 1, droppedSamples });
    expect(small.fill().dropped).toEqual(droppedSamples);
    expect(small.next("central")).toBeNull();
    expect(ledgerRows(account.stateDir, "SELECT count(*) AS n FROM window")).toEqual([{ n: 2n }]);
  });
});

describe("the agent's own metrics", () => {
  it("are pushed once for each window, stamped with its last millisecond", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const samples = [
      { name: "acct_agent_up", labels: {}, value: 1 },
      { name: "acct_buffer_pending_requests", labels: { endpoint: "central" }, value: 3 },
    ];
    ledger.appendSelf(samples, EPOCH_MS + 60_000);
    ledger.appendSelf(samples, EPOCH_MS + 60_000);
    ledger.appendSelf(samples, EPOCH_MS);
    const pushed = takeSamples(ledger);
    expect(pushed.map(({ name, timeMs, value }) => [name, timeMs, value])).toEqual([
      ["acct_agent_up", stamp(60), 1],
      ["acct_buffer_pending_requests", stamp(60), 3],
    ]);
    expect(pushed[1]?.labels).toEqual({ endpoint: "central", instance: "edge-01", job: "acct-agent" });
    const restarted = account.open();
    expect(restarted.appendSelf(samples, EPOCH_MS + 60_000)).toMatchObject({ samples: 0 });
    expect(restarted.appendSelf(samples, EPOCH_MS + 120_000)).toMatchObject({ samples: 2 });
  });
});

describe("a request", () => {
  it("has the same bytes each time it is read, by this agent or the next", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.close(at(60, [{ ip: A, bytesIn: 10 }]), { live: true });
    const body = Buffer.from(ledger.next("central")?.body ?? "");
    expect(body.length).toBeGreaterThan(0);
    expect(Buffer.compare(ledger.next("central")?.body ?? Buffer.alloc(0), body)).toBe(0);
    const next = account.open().next("central");
    expect(next?.id).toBe(1);
    expect(Buffer.compare(next?.body ?? Buffer.alloc(0), body)).toBe(0);
  });

  it.each([
    [499, [1_996]],
    [500, [1_999, 1]],
    [1_000, [2_000, 1_999, 1]],
  ])("that ends what counters show before they start is not full: %i addresses", async (addresses, ending) => {
    await using account = await accounting();
    const rows = Array.from({ length: addresses }, (_, host) => ({
      ip: `10.0.${host >> 8}.${host & 255}`,
      bytesIn: 10,
    }));
    const ledger = account.open();
    ledger.close(at(60, rows), { live: true });
    const counts = ledgerRows(account.stateDir, "SELECT samples FROM outbox ORDER BY id").map((row) => row["samples"]);
    expect(counts.slice(0, ending.length)).toEqual(ending.map(BigInt));
    const before = takeSamples(ledger).slice(0, 4 * addresses);
    expect(new Set(before.map(({ series }) => series)).size).toBe(4 * addresses);
    expect(new Set(before.map(({ timeMs, value }) => `${timeMs} ${value}`))).toEqual(new Set([`${stamp(0)} 0`]));
  });

  it("goes to each endpoint, in the order of the commits", async () => {
    await using account = await accounting();
    const ledger = account.open({ endpoints: ["central", "second"] });
    const central = closeLive(ledger, at(60, [{ ip: A, bytesIn: 10 }]), at(120), at(180));
    expect(takeSamples(ledger, "second")).toEqual(central);
    expect(ledgerRows(account.stateDir, "SELECT count(*) AS n FROM outbox")).toEqual([{ n: 0n }]);
  });
});

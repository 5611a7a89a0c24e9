import { describe, expect, it } from "vitest";

import { accountStagedWindows } from "../../../src/ledger/account-staged.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { changeLedger, ledgerRows, takeSamples } from "../../support/ledger-options.ts";
import { accounting, at, bytesIn, closeLive, EPOCH_MS, valuesOf } from "../account/accounting.ts";

const A = "192.0.2.1";
const FILES = [
  { digest: "aa", frames: 1 },
  { digest: "bb", frames: 2 },
];

/** Stages `[seconds, bytes]` for one address and accounts them as of `nowSeconds`. */
function replay(ledger: Ledger, uses: readonly (readonly [number, number])[], nowSeconds: number, files = FILES) {
  const stage = ledger.stage();
  stage.begin();
  for (const [seconds, bytes] of uses) {
    const { usage, totals, startMs } = at(seconds, [{ ip: A, bytesIn: bytes }]);
    stage.add(startMs, usage, totals);
    stage.observe(startMs, 60_000);
  }
  stage.keep();
  return accountStagedWindows(ledger, stage, {
    interface: "replay",
    windowMs: 60_000,
    networks: ["acme"],
    files,
    nowMs: EPOCH_MS + nowSeconds * 1_000,
  });
}

const digests = (stateDir: string) => ledgerRows(stateDir, "SELECT digest, frames FROM capture_file ORDER BY digest");

describe("a replay", () => {
  it("is accounted like live windows, oldest first, its intervals pushed and its files known", async () => {
    await using account = await accounting();
    const ledger = account.open();
    expect(
      replay(
        ledger,
        [
          [360, 5],
          [0, 1],
          [60, 2],
        ],
        3_600,
      ),
    ).toEqual({ lateBytes: 0 });
    const samples = takeSamples(ledger);
    expect(bytesIn(samples, A, { interface: "replay" })).toEqual([
      [0, 0],
      [60, 1],
      [120, 3],
      [420, 8],
    ]);
    expect(valuesOf(samples, "acct_interval_bytes", { direction: "in" })).toEqual([
      [300, 3],
      [600, 5],
    ]);
    expect(digests(account.stateDir)).toEqual([
      { digest: "aa", frames: 1n },
      { digest: "bb", frames: 2n },
    ]);
    expect(ledger.captureFiles.has("aa")).toBe(true);
  });

  it("counts wholly or not at all", async () => {
    await using account = await accounting();
    const ledger = account.open();
    changeLedger(
      account.stateDir,
      `CREATE TRIGGER refuse BEFORE INSERT ON capture_file WHEN NEW.digest = 'bb'
       BEGIN SELECT RAISE(ABORT, 'no more room'); END`,
    );
    expect(() => replay(ledger, [[0, 1]], 3_600)).toThrow("no more room");
    for (const table of ["window", "interval_usage", "address", "outbox", "capture_file"]) {
      expect(ledgerRows(account.stateDir, `SELECT count(*) AS n FROM ${table}`)).toEqual([{ n: 0n }]);
    }
    expect(takeSamples(ledger)).toEqual([]);
  });

  it("of a file that is accounted already is refused as a whole", async () => {
    await using account = await accounting();
    replay(account.open(), [[0, 1]], 3_600);
    expect(() => replay(account.open(), [[0, 1]], 3_600)).toThrow("UNIQUE");
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM interval_usage")).toEqual([{ bytes_in: 1n }]);
  });

  it("holds a window that still runs, of which the next file has more", async () => {
    await using account = await accounting();
    const ledger = account.open();
    replay(ledger, [[0, 1]], 30);
    expect(takeSamples(ledger)).toEqual([]);
    const reopened = account.open();
    replay(reopened, [[0, 2]], 90, [{ digest: "cc", frames: 1 }]);
    expect(bytesIn(takeSamples(reopened), A)).toEqual([
      [0, 0],
      [60, 3],
    ]);
  });

  it("that comes late is in the ledger and in the counters at once, and says so", async () => {
    await using account = await accounting();
    replay(account.open(), [[0, 1]], 3_600);
    const ledger = account.open();
    takeSamples(ledger);
    expect(replay(ledger, [[0, 10]], 3_600, [{ digest: "cc", frames: 1 }])).toEqual({ lateBytes: 10 });
    expect(bytesIn(takeSamples(ledger), A)).toEqual([[120, 11]]);
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM interval_usage")).toEqual([{ bytes_in: 11n }]);
  });

  it("leaves the agent's interfaces alone", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(0, [{ ip: A, bytesIn: 100 }]));
    replay(ledger, [[0, 1]], 3_600);
    const samples = takeSamples(ledger);
    expect(samples.filter(({ labels }) => labels["interface"] === "eth0")).toEqual([]);
    expect(valuesOf(samples, "acct_period_intervals")).toEqual([]);
  });
});

// A ledger that an earlier version wrote, with everything in it that a stopped agent leaves.

import { describe, expect, it } from "vitest";

import { IntervalReader } from "../../../src/buffer/interval-reader.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import { writeFirstLedger, writeOldLedger } from "../../support/first-ledger.ts";
import { ledgerOptions, ledgerRows, networkOf, takeSamples } from "../../support/ledger-options.ts";
import { LEDGER_SCHEMA } from "../../support/ledger-schema.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { windowUsage } from "../../support/window-usage.ts";
import { bytesIn, EPOCH_MS } from "../account/accounting.ts";

const A = "192.0.2.1";
const A_BYTES = "x'00000000000000000000ffffc0000201'";

/** A closed window, then a held one, both with bytes of the same address. */
const CONTENT = `
  INSERT INTO interface VALUES (7, 'eth0', ${EPOCH_MS + 59_999});
  INSERT INTO network VALUES (3, 'acme', '{}', 'network');
  INSERT INTO window VALUES
    (7, ${EPOCH_MS}, ${EPOCH_MS + 60_000}, 1, 60000, 0, 4, 4, 4, 400, 0, 0, 0, 0, 0, 0, 0, 0),
    (7, ${EPOCH_MS + 60_000}, ${EPOCH_MS + 120_000}, 0, 20000, 0, 1, 1, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0);
  INSERT INTO held_usage VALUES (7, ${EPOCH_MS + 60_000}, 3, ${A_BYTES}, 10, 1, 0, 0);
  INSERT INTO address VALUES (7, 3, ${A_BYTES}, 400, 4, 0, 0, ${EPOCH_MS + 60_000}, 1, 0);
  INSERT INTO interval VALUES (7, ${EPOCH_MS}, 0);
  INSERT INTO interval_usage VALUES (3, 7, ${EPOCH_MS}, 400, 4, 0, 0);
  INSERT INTO setting VALUES ('series_identity', '{"instance":"edge-01","job":"acct-agent"}');
  INSERT INTO endpoint VALUES ('central', 0);`;

describe("a ledger of schema 1", () => {
  it("goes on where it was: its held window closes, its counters grow, its interval is pushed whole", async () => {
    await using folder = await tempFolder();
    await writeFirstLedger(folder.path, CONTENT);
    using ledger = new Ledger(ledgerOptions(folder.path));
    const quality = { observedMs: 40_000, droppedFrames: 0, interfaceFrames: 0, clockStepMs: 1_500 };
    const rest = windowUsage(EPOCH_MS + 60_000, [{ ip: A, bytesIn: 5 }], { source: "5eed", quality });
    ledger.close(rest, { live: true });
    ledger.settle({ endedByMs: EPOCH_MS + 300_000 });
    const samples = takeSamples(ledger);
    expect(bytesIn(samples, A)).toEqual([[120, 415]]);
    const gauges = samples.filter(({ name }) => name === "acct_interval_bytes");
    expect(gauges.map(({ value }) => value)).toEqual([415, 0]);
    const windows = "SELECT closed, observed_ms, ip_bytes, clock_step_ms FROM window ORDER BY start_ms";
    expect(ledgerRows(folder.path, windows)).toEqual([
      { closed: 1n, observed_ms: 60_000n, ip_bytes: 400n, clock_step_ms: 0n },
      { closed: 1n, observed_ms: 60_000n, ip_bytes: 15n, clock_step_ms: 1_500n },
    ]);
    expect(ledgerRows(folder.path, "SELECT * FROM harvested_window")).toEqual([
      { source: "5eed", start_ms: BigInt(EPOCH_MS + 60_000) },
    ]);
    expect(ledgerRows(folder.path, "PRAGMA user_version")).toEqual([{ user_version: BigInt(LEDGER_SCHEMA) }]);
  });
});

describe("a ledger of schema 5", () => {
  it("has for its intervals the labels that it had, also when they change", async () => {
    await using folder = await tempFolder();
    const content = `
      INSERT INTO interface (id, name) VALUES (7, 'eth0');
      INSERT INTO network VALUES (3, 'acme', '{"customer":"alpha"}', 'network');
      INSERT INTO interval VALUES (7, ${EPOCH_MS}, 1), (7, ${EPOCH_MS + 300_000}, 0);
      INSERT INTO interval_usage VALUES (3, 7, ${EPOCH_MS}, 400, 4, 0, 0), (3, 7, ${EPOCH_MS + 300_000}, 5, 1, 0, 0);`;
    await writeOldLedger(folder.path, 5, content);
    const networks = [networkOf("acme", { labels: { customer: "beta" } })];
    using ledger = new Ledger(ledgerOptions(folder.path, { networks }));
    ledger.settle({ endedByMs: EPOCH_MS + 600_000 });
    using reader = new IntervalReader(folder.path, 0);
    const bytesOf = (version: number) => {
      const series = { network: "acme", interface: "eth0", labelsVersions: [version] };
      return [...reader.intervals(series, { startMs: EPOCH_MS, endMs: EPOCH_MS + 600_000 }).bytesIn];
    };
    const [{ labelSets } = { labelSets: [] }] = reader.networks;
    expect(labelSets.map(({ version, labels }) => [labels, bytesOf(version)])).toEqual([
      [{ customer: "alpha" }, [400]],
      [{ customer: "beta" }, [5]],
    ]);
  });
});

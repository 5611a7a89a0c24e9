import { describe, expect, it } from "vitest";

import { CaptureFiles } from "../../../src/buffer/capture-files.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import { StagedWindows } from "../../../src/buffer/staged-windows.ts";
import { addressAt, formatAddress } from "../../../src/model/address.ts";
import { emptyTotals } from "../../../src/model/window.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type Row, windowUsage } from "../../support/window-usage.ts";

async function staged() {
  const folder = await tempFolder();
  const database = openDatabase(folder.path);
  return {
    database,
    stage: new StagedWindows(database),
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function add(stage: StagedWindows, startMs: number, rows: readonly Row[]): void {
  const { usage, totals } = windowUsage(startMs, rows);
  stage.add(startMs, usage, totals);
}

function rowsOf(stage: StagedWindows, startMs: number) {
  const { usage } = stage.window(startMs);
  return Array.from({ length: usage.length }, (_, row) => [
    formatAddress(addressAt(usage.addresses, row)),
    usage.networks[row],
    usage.bytesIn[row],
    usage.packetsIn[row],
    usage.bytesOut[row],
    usage.packetsOut[row],
  ]);
}

describe("staged windows", () => {
  it("add up per window, network and address", async () => {
    await using fixture = await staged();
    const { stage } = fixture;
    stage.begin();
    add(stage, 60_000, [{ ip: "192.0.2.1", bytesIn: 1, packetsIn: 2, bytesOut: 3, packetsOut: 4 }]);
    add(stage, 60_000, [
      { ip: "192.0.2.1", bytesIn: 10, packetsIn: 20, bytesOut: 30, packetsOut: 40 },
      { ip: "192.0.2.1", network: 1, bytesIn: 5 },
    ]);
    add(stage, 0, [{ ip: "2001:db8::1", bytesOut: 2 ** 52 }]);
    stage.observe(60_000, 1_000);
    stage.observe(60_000, 500);
    stage.observe(120_000, 10);
    stage.keep();
    expect(stage.starts()).toEqual([0, 60_000, 120_000]);
    expect(rowsOf(stage, 60_000)).toEqual([
      ["192.0.2.1", 0, 11, 22, 33, 44],
      ["192.0.2.1", 1, 5, 0, 0, 0],
    ]);
    expect(rowsOf(stage, 0)).toEqual([["2001:db8::1", 0, 0, 0, 2 ** 52, 0]]);
    expect(stage.window(60_000)).toMatchObject({ observedMs: 1_500, totals: { ipBytes: 49, frames: 66 } });
    expect(stage.window(120_000)).toMatchObject({ observedMs: 10, usage: { length: 0 } });
    expect(stage.window(999_960_000)).toMatchObject({ observedMs: 0, totals: emptyTotals() });
  });

  it("of a file that is discarded leave those of the files before as they were", async () => {
    await using fixture = await staged();
    const { stage } = fixture;
    stage.begin();
    add(stage, 0, [{ ip: "192.0.2.1", bytesIn: 1 }]);
    stage.keep();
    stage.begin();
    add(stage, 0, [{ ip: "192.0.2.1", bytesIn: 10 }]);
    add(stage, 60_000, [{ ip: "192.0.2.1", bytesIn: 10 }]);
    stage.discard();
    expect(stage.starts()).toEqual([0]);
    expect(rowsOf(stage, 0)).toEqual([["192.0.2.1", 0, 1, 0, 0, 0]]);
  });

  it("do not lock the ledger, and are gone with its connection", async () => {
    await using folder = await tempFolder();
    const database = openDatabase(folder.path);
    const stage = new StagedWindows(database);
    stage.begin();
    add(stage, 0, [{ ip: "192.0.2.1", bytesIn: 1 }]);
    const other = openDatabase(folder.path);
    other.pragma("busy_timeout = 0");
    other.exec("INSERT INTO interface (name) VALUES ('eth0')");
    expect(new StagedWindows(other).starts()).toEqual([]);
    stage.keep();
    database.close();
    other.close();
  });
});

describe("capture files", () => {
  it("are known by their digest, once", async () => {
    await using fixture = await staged();
    const files = new CaptureFiles(fixture.database);
    const file = { digest: "ab12", interface: "replay", replayedMs: 5, frames: 3 };
    expect(files.has("ab12")).toBe(false);
    files.add(file);
    expect([files.has("ab12"), files.has("AB12"), files.has("ab")]).toEqual([true, false, false]);
    expect(() => files.add({ ...file, interface: "other" })).toThrow("UNIQUE");
  });
});

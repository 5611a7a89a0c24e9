import { describe, expect, it } from "vitest";

import { type BillKey, BillStore, type NewBill } from "../../../src/buffer/bill-store.ts";
import { type Database, openDatabase } from "../../../src/buffer/database.ts";
import { eraseBefore, intervalsErasedBefore } from "../../../src/buffer/retention.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const KEY: BillKey = { customer: 'a"corp\n', name: null, period: "2026-10", part: 1 };
const SHA = "0".repeat(64);
const JSON_TEXT = '{\n  "total_bytes_in": 90071992547409931,\n  "customer": "ü"\n}';
const DAY_MS = 86_400_000;

function billOf(changes: Partial<NewBill> = {}): NewBill {
  return { ...KEY, version: 1, createdMs: 1_000, intervalsSha256: SHA, json: JSON_TEXT, ...changes };
}

async function ledger() {
  const folder = await tempFolder();
  const database = openDatabase(folder.path);
  const close = async (): Promise<void> => {
    database.close();
    await folder[Symbol.asyncDispose]();
  };
  return { database, bills: new BillStore(database), [Symbol.asyncDispose]: close };
}

function complaintOf(database: Database, sql: string): string {
  try {
    database.exec(sql);
    return "none";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("a stored bill", () => {
  it("comes back as it was stored, to the byte", async () => {
    await using file = await ledger();
    expect(file.bills.latest(KEY)).toBeNull();
    expect(file.bills.add(billOf())).toBe(true);
    expect(file.bills.latest(KEY)).toEqual({ ...billOf(), id: 1, corrects: null, status: "final" });
  });

  it("is told apart by customer, contract name, period and part", async () => {
    await using file = await ledger();
    const keys = [KEY, { ...KEY, customer: "b" }, { ...KEY, name: "transit" }, { ...KEY, part: 2 }];
    const all = [...keys, { ...KEY, period: "2026-11" }];
    for (const [index, key] of all.entries()) file.bills.add(billOf({ ...key, createdMs: index }));
    expect(all.map((key) => file.bills.latest(key)?.createdMs)).toEqual([0, 1, 2, 3, 4]);
    expect(file.bills.keys()).toHaveLength(all.length);
    expect(file.bills.keys()).toContainEqual(KEY);
  });

  it("is followed by corrected versions that name what they correct", async () => {
    await using file = await ledger();
    for (const version of [1, 2, 3]) expect(file.bills.add(billOf({ version }))).toBe(true);
    expect(file.bills.latest(KEY)).toMatchObject({ version: 3, corrects: 2, status: "corrected" });
  });

  it("is refused where that version was stored meanwhile, or one is missing before it", async () => {
    await using file = await ledger();
    expect(file.bills.add(billOf({ version: 2 }))).toBe(false);
    expect(file.bills.add(billOf())).toBe(true);
    expect(file.bills.add(billOf({ createdMs: 2_000 }))).toBe(false);
    expect(file.bills.latest(KEY)).toMatchObject({ version: 1, createdMs: 1_000 });
  });

  it.each([
    ["UPDATE bill SET json = '{}'", "a final bill never changes"],
    ["UPDATE bill SET created_ms = 2 WHERE id = 1", "a final bill never changes"],
    ["DELETE FROM bill", "a final bill is never deleted"],
    ["INSERT OR REPLACE INTO bill SELECT * FROM bill", "stored already: it never changes"],
    [
      "REPLACE INTO bill SELECT 9, customer, name, period, part, 1, NULL, 'final', 0, '', '' FROM bill",
      "stored already",
    ],
  ])("refuses %s", async (sql, complaint) => {
    await using file = await ledger();
    file.bills.add(billOf());
    expect(complaintOf(file.database, sql)).toContain(complaint);
    expect(file.bills.latest(KEY)).toEqual({ ...billOf(), id: 1, corrects: null, status: "final" });
  });

  it("is unwritten until its files are noted", async () => {
    await using file = await ledger();
    for (const version of [1, 2]) file.bills.add(billOf({ version }));
    expect(file.bills.unwritten().map(({ version }) => version)).toEqual([1, 2]);
    file.bills.noteWritten(1, 5_000);
    file.bills.noteWritten(1, 6_000);
    expect(file.bills.unwritten().map(({ version }) => version)).toEqual([2]);
  });
});

describe("retention", () => {
  it("leaves bills, and notes until when intervals are gone", async () => {
    await using file = await ledger();
    const startMs = Date.UTC(2026, 9, 1);
    file.database.exec(`
      INSERT INTO interface (id, name) VALUES (1, 'eth0');
      INSERT INTO network VALUES (1, 'acme', '{}', 'network');
      INSERT INTO interval VALUES (1, ${startMs}, 1), (1, ${startMs + DAY_MS}, 1);
      INSERT INTO interval_usage VALUES (1, 1, ${startMs}, 5, 1, 0, 0, 1), (1, 1, ${startMs + DAY_MS}, 5, 1, 0, 0, 1);`);
    file.bills.add(billOf());
    expect(eraseBefore(file.database, startMs)).toBe(0);
    expect(intervalsErasedBefore(file.database)).toBeNull();
    expect(eraseBefore(file.database, startMs + DAY_MS)).toBe(2);
    expect(intervalsErasedBefore(file.database)).toBe(startMs + DAY_MS);
    expect(eraseBefore(file.database, startMs + 9 * DAY_MS)).toBe(2);
    expect(intervalsErasedBefore(file.database)).toBe(startMs + 9 * DAY_MS);
    expect(file.bills.latest(KEY)?.json).toBe(JSON_TEXT);
  });
});

import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { describe, expect, it } from "vitest";

import { LEDGER_FILE, openDatabase } from "../../../src/buffer/database.ts";
import { inspectLedger } from "../../../src/buffer/inspect.ts";
import { LedgerFile } from "../../../src/buffer/ledger-file.ts";
import { noteDamage, openOwnLedger } from "../../../src/buffer/own-ledger.ts";
import { LEDGER_SCHEMA } from "../../support/ledger-schema.ts";
import { type TempFolder, tempFolder } from "../../support/temp-folder.ts";

/** A ledger with some pages of content. */
function writeLedger(folder: TempFolder): void {
  const database = openDatabase(folder.path);
  const insert = database.prepare("INSERT INTO setting VALUES (?, ?)");
  for (let index = 0; index < 500; index++) insert.run(`name ${index}`, "x".repeat(200));
  database.close();
}

function overwrite(file: string, at: number, bytes: number): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(bytes, 0x5a), 0, bytes, at);
  closeSync(descriptor);
}

/** As a killed run leaves it: with a journal. */
function leaveJournal(folder: TempFolder): void {
  const database = openDatabase(folder.path);
  database.exec("INSERT INTO interface (name) VALUES ('eth9')");
  copyFileSync(folder.file(`${LEDGER_FILE}-wal`), folder.file("wal"));
  database.close();
  renameSync(folder.file("wal"), folder.file(`${LEDGER_FILE}-wal`));
}

/** An index that lacks a row of its table: damage that a quick check does not see. */
function loseIndexRow(folder: TempFolder): void {
  const change = (sql: string): void => {
    const database = openDatabase(folder.path);
    database.unsafeMode();
    database.exec(`PRAGMA writable_schema = ON; PRAGMA foreign_keys = OFF; ${sql}`);
    database.close();
  };
  change(`CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'interval_due';
    DELETE FROM sqlite_schema WHERE name = 'interval_due'`);
  change("INSERT INTO interval VALUES (1, 0, 0); INSERT INTO sqlite_schema SELECT * FROM kept");
}

const open = (folder: TempFolder) => {
  const { database, opening } = openOwnLedger(folder.path);
  const settings = database.prepare("SELECT count(*) FROM setting").pluck().get();
  database.close();
  return { ...opening, settings };
};

const asides = (folder: TempFolder): string[] => readdirSync(folder.path).filter((name) => name.includes(".corrupt-"));

describe("a ledger of the agent's own", () => {
  it("is not checked after a clean end, and is after another", async () => {
    await using folder = await tempFolder();
    expect(open(folder)).toEqual({ setAside: null, check: null, settings: 0 });
    writeLedger(folder);
    expect(open(folder)).toEqual({ setAside: null, check: null, settings: 500 });
    leaveJournal(folder);
    expect(open(folder)).toMatchObject({ setAside: null, check: { bytes: expect.any(Number) }, settings: 500 });
    expect(open(folder).check).toBeNull();
    expect(asides(folder)).toEqual([]);
  });

  it("that is damaged is set aside with its journal, unchanged, and an empty one takes its place", async () => {
    await using folder = await tempFolder();
    writeLedger(folder);
    leaveJournal(folder);
    const file = folder.file(LEDGER_FILE);
    const size = readFileSync(file).length;
    overwrite(file, size - 4 * 4_096, 4 * 4_096);
    const before = readFileSync(file);
    const { setAside, settings } = open(folder);
    expect(settings).toBe(0);
    expect(setAside?.path).toMatch(/ledger\.sqlite\.corrupt-\d{8}T\d{6}Z$/);
    expect(setAside?.damage).toMatch(/^\S[^\n]{10,}$/);
    expect(existsSync(`${setAside?.path}-wal`)).toBe(true);
    expect(Buffer.compare(readFileSync(setAside?.path ?? ""), before)).toBe(0);
    expect(open(folder)).toEqual({ setAside: null, check: null, settings: 0 });
  });

  it.each(["the header", "everything"])("is set aside after a clean end too where %s is overwritten", async (what) => {
    await using folder = await tempFolder();
    writeLedger(folder);
    const file = folder.file(LEDGER_FILE);
    overwrite(file, 0, what === "the header" ? 100 : readFileSync(file).length);
    expect(open(folder).setAside?.damage).toBe("file is not a database");
  });

  it("that a run met damage in is checked as a whole after a clean end", async () => {
    await using folder = await tempFolder();
    writeLedger(folder);
    noteDamage(folder.file(LEDGER_FILE), "database disk image is malformed");
    expect(open(folder).check).not.toBeNull();
    expect(open(folder).check).toBeNull();
    loseIndexRow(folder);
    expect(open(folder).setAside).toBeNull();
    noteDamage(folder.file(LEDGER_FILE), "database disk image is malformed");
    expect(open(folder).setAside?.damage).toMatch(/missing from index interval_due/);
  });

  it("is reported as damaged by an inspection that changes nothing", async () => {
    await using folder = await tempFolder();
    writeLedger(folder);
    const names = readdirSync(folder.path);
    expect(inspectLedger(folder.path)).toBe(`${folder.file(LEDGER_FILE)} has schema ${LEDGER_SCHEMA}`);
    expect(readdirSync(folder.path)).toEqual(names);
    const file = folder.file(LEDGER_FILE);
    overwrite(file, readFileSync(file).length - 4 * 4_096, 4 * 4_096);
    const before = readFileSync(file);
    expect(() => inspectLedger(folder.path)).toThrow(
      /^\S+: is damaged \([^\n]+\); the agent sets it aside at its next start and begins an empty one$/,
    );
    expect(readdirSync(folder.path)).toEqual(names);
    expect(Buffer.compare(readFileSync(file), before)).toBe(0);
  });
});

describe("the file of an open ledger", () => {
  it("is sound while it is at its path", async () => {
    await using folder = await tempFolder();
    const database = openDatabase(folder.path);
    const file = new LedgerFile(folder.file(LEDGER_FILE));
    expect(() => file.verify()).not.toThrow();
    database.close();
  });

  it.each([LEDGER_FILE, `${LEDGER_FILE}-wal`])("is lost for good where %s is deleted or replaced", async (name) => {
    await using folder = await tempFolder();
    const database = openDatabase(folder.path);
    const file = new LedgerFile(folder.file(LEDGER_FILE));
    renameSync(folder.file(name), folder.file("away"));
    expect(() => file.verify()).toThrow(/: was deleted or moved while the agent ran; [^\n]+$/);
    writeFileSync(folder.file(name), "");
    expect(() => file.verify()).toThrow(/: another file took its place while the agent ran; [^\n]+$/);
    rmSync(folder.file(name));
    renameSync(folder.file("away"), folder.file(name));
    expect(() => file.verify()).not.toThrow();
    database.close();
  });
});

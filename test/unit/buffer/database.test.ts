import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";

import { lockStateDir } from "../../../src/buffer/agent-lock.ts";
import { inTransaction, LEDGER_FILE, LedgerError, openDatabase } from "../../../src/buffer/database.ts";
import { inspectLedger } from "../../../src/buffer/inspect.ts";
import { ledgerRows } from "../../support/ledger-options.ts";
import { LEDGER_SCHEMA } from "../../support/ledger-schema.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

/** The message of the LedgerError that `work` throws. */
function complaintOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LedgerError) return error.message;
    throw error;
  }
  return "none";
}

describe("a ledger file", () => {
  it("is brought up to date once and keeps what it holds", async () => {
    await using folder = await tempFolder();
    const first = openDatabase(folder.path);
    expect(first.pragma("user_version", { simple: true })).toBe(LEDGER_SCHEMA);
    first.exec("INSERT INTO interface (name) VALUES ('eth0')");
    first.close();
    openDatabase(folder.path).close();
    expect(ledgerRows(folder.path, "SELECT name FROM interface")).toEqual([{ name: "eth0" }]);
    expect(inspectLedger(folder.path)).toBe(`${folder.file(LEDGER_FILE)} has schema ${LEDGER_SCHEMA}`);
  });

  it("has every commit on disk before it returns, and gives space back", async () => {
    await using folder = await tempFolder();
    const database = openDatabase(folder.path);
    const pragma = (name: string): unknown => database.pragma(name, { simple: true });
    expect(["journal_mode", "synchronous", "foreign_keys", "auto_vacuum"].map(pragma)).toEqual(["wal", 2, 1, 2]);
    database.close();
  });

  it("has all of a transaction or nothing, the parts that are one by themselves included", async () => {
    await using folder = await tempFolder();
    const database = openDatabase(folder.path);
    const add = (name: string): unknown => database.prepare("INSERT INTO interface (name) VALUES (?)").run(name);
    const names = (): unknown[] => database.prepare("SELECT name FROM interface ORDER BY name").pluck().all();
    inTransaction(database, () => {
      inTransaction(database, () => add("eth0"));
      add("eth1");
    });
    expect(names()).toEqual(["eth0", "eth1"]);
    const broken = (): void =>
      inTransaction(database, () => {
        add("eth2");
        inTransaction(database, () => {
          add("eth3");
          throw new Error("no more room");
        });
      });
    expect(broken).toThrow("no more room");
    expect(names()).toEqual(["eth0", "eth1"]);
    expect(database.inTransaction).toBe(false);
    database.close();
  });

  it("has only STRICT tables", async () => {
    await using folder = await tempFolder();
    openDatabase(folder.path).close();
    const tables = ledgerRows(folder.path, "SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'");
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter(({ strict }) => strict !== 1n)).toEqual([]);
  });

  it("is for its owner alone, the journal beside it too", async () => {
    await using folder = await tempFolder();
    const stateDir = folder.file("a/b");
    const database = openDatabase(stateDir);
    database.exec("INSERT INTO interface (name) VALUES ('eth0')");
    const files = ["", "-wal", "-shm"].map((suffix) => modeOf(join(stateDir, LEDGER_FILE + suffix)));
    expect(await Promise.all(files)).toEqual(["600", "600", "600"]);
    expect(await Promise.all([modeOf(stateDir), modeOf(dirname(stateDir))])).toEqual(["700", "700"]);
    database.close();
  });

  it("that others may read is theirs no longer", async () => {
    await using folder = await tempFolder();
    openDatabase(folder.path).close();
    await chmod(folder.file(LEDGER_FILE), 0o644);
    openDatabase(folder.path).close();
    expect(await modeOf(folder.file(LEDGER_FILE))).toBe("600");
  });

  it("of a later version is refused and left as it is", async () => {
    await using folder = await tempFolder();
    const newer = openDatabase(folder.path);
    newer.pragma("user_version = 99");
    newer.close();
    const text = `has schema 99, this program knows ${LEDGER_SCHEMA}; run the version that wrote it, or a later one`;
    expect(complaintOf(() => openDatabase(folder.path))).toBe(`${folder.file(LEDGER_FILE)}: ${text}`);
    expect(complaintOf(() => inspectLedger(folder.path))).toBe(`${folder.file(LEDGER_FILE)}: ${text}`);
    const file = new Sqlite(folder.file(LEDGER_FILE));
    expect(file.pragma("user_version", { simple: true })).toBe(99);
    file.close();
  });

  it("that is no database is refused in one line with the fix, and left as it is", async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file(LEDGER_FILE), "my precious notes\n".repeat(300));
    expect(complaintOf(() => openDatabase(folder.path))).toBe(
      `${folder.file(LEDGER_FILE)}: cannot open the ledger (file is not a database); move the file aside and restore a backup`,
    );
    expect((await stat(folder.file(LEDGER_FILE))).size).toBe(5_400);
  });

  it("that is a folder, or lies below a file, is refused in one line", async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file(LEDGER_FILE));
    expect(complaintOf(() => openDatabase(folder.path))).toMatch(/^\S+: cannot open the ledger \(EISDIR[^\n]*\); .+$/);
    await writeFile(folder.file("file"), "");
    const below = complaintOf(() => openDatabase(folder.file("file/state")));
    expect(below).toMatch(
      /^\S+: cannot open the ledger \(ENOTDIR[^\n]*\); check that agent\.state_dir is a folder .+$/,
    );
  });

  it("that is not there is reported as to be made, and not made", async () => {
    await using folder = await tempFolder();
    const stateDir = folder.file("state");
    expect(inspectLedger(stateDir)).toBe(`${join(stateDir, LEDGER_FILE)} will be made at the first start`);
    await expect(stat(stateDir)).rejects.toThrow("ENOENT");
  });
});

describe("the agent's lock", () => {
  it("is for one agent, and free again when it ends", async () => {
    await using folder = await tempFolder();
    {
      using _first = lockStateDir(folder.path);
      expect(complaintOf(() => lockStateDir(folder.path))).toBe(
        `${folder.path}: another acct-agent is running on this state folder; stop it, or set agent.state_dir to another one`,
      );
      expect(await modeOf(folder.file("agent.lock"))).toBe("600");
    }
    using _second = lockStateDir(folder.path);
  });

  it("does not blame another agent for a file that is no lock", async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file("agent.lock"), "my precious notes\n".repeat(300));
    expect(complaintOf(() => lockStateDir(folder.path))).toMatch(/agent\.lock: .*\(file is not a database\); move .+$/);
  });
});

import Sqlite from "better-sqlite3";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { integerList, integersOf } from "../../../src/buffer/integer-list.ts";

const list = (text: string): Uint8Array => Buffer.from(text);

describe("a list of integers", () => {
  it("is what SQLite was given, exactly", () => {
    const database = new Sqlite(":memory:");
    database.exec("CREATE TABLE sample (id INTEGER PRIMARY KEY, value INTEGER)");
    const read = database.prepare<[], { list: Buffer | null }>(`SELECT ${integerList("value")} AS list FROM sample`);
    const insert = database.prepare("INSERT INTO sample (value) VALUES (?)");
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (values) => {
        database.exec("DELETE FROM sample");
        for (const value of values) insert.run(BigInt(value));
        expect([...integersOf(read.get()?.list ?? null, values.length)]).toEqual(values);
      }),
    );
    database.close();
  });

  it.each(["-1", "1.5", "9.2e18", "1 x", "9007199254740992", "1 9007199254740992"])("is refused as %s", (text) => {
    const count = text.split(" ").length;
    expect(() => integersOf(list(text), count)).toThrow("something else than integers below 2^53");
  });

  it("is refused where there are more or fewer than were counted", () => {
    expect(() => integersOf(list("1 2 3"), 2)).toThrow("integers");
    expect(() => integersOf(list("1 2 3"), 4)).toThrow("integers");
    expect([...integersOf(list("1 2 3"), 3)]).toEqual([1, 2, 3]);
  });
});

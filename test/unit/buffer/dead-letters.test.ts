import { describe, expect, it } from "vitest";

import { type Database, openDatabase } from "../../../src/buffer/database.ts";
import { DeadLetters, type NewDeadLetter } from "../../../src/buffer/dead-letters.ts";
import { Outbox } from "../../../src/buffer/outbox.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import { changeLedger, ledgerOptions, ledgerRows } from "../../support/ledger-options.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const letter = (index: number, changes: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  index,
  code: 400,
  words: "out of bounds",
  refusedMs: 1_000,
  body: Uint8Array.of(index),
  series: `s${index}`,
  value: "NaN",
  timestampMs: 500 - index,
  ...changes,
});

interface Fixture extends AsyncDisposable {
  readonly letters: DeadLetters;
  readonly outbox: Outbox;
  readonly database: Database;
}

/** A ledger with three requests, 1 to 3, and at most `limit` dead letters for each endpoint. */
async function lettersOf(limit?: number): Promise<Fixture> {
  const folder = await tempFolder();
  const database = openDatabase(folder.path);
  const outbox = new Outbox(database);
  outbox.addEndpoints(["a", "b"]);
  for (const windowEndMs of [60, 120, 180]) {
    outbox.append({ windowEndMs, kind: "counter", samples: 9, body: Uint8Array.of(1) });
  }
  return {
    letters: new DeadLetters(database, limit),
    outbox,
    database,
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const seriesOf = ({ letters }: Fixture, endpoint: string | null): string[] =>
  letters.list(endpoint).map((one) => `${one.endpoint} ${one.requestId} ${one.series}`);

describe("dead letters", () => {
  it("are listed by endpoint and time of the sample, with all that is known of them", async () => {
    await using fixture = await lettersOf();
    fixture.letters.add("b", 1, [letter(0)]);
    fixture.letters.add("a", 2, [letter(0), letter(1)]);
    expect(seriesOf(fixture, null)).toEqual(["a 2 s1", "a 2 s0", "b 1 s0"]);
    expect(seriesOf(fixture, "b")).toEqual(["b 1 s0"]);
    expect(fixture.letters.list("b")[0]).toEqual({
      id: 1,
      endpoint: "b",
      requestId: 1,
      windowEndMs: 60,
      kind: "counter",
      code: 400,
      words: "out of bounds",
      refusedMs: 1_000,
      series: "s0",
      value: "NaN",
      timestampMs: 500,
    });
    expect(fixture.letters.endpoints()).toEqual(["a", "b"]);
    expect(fixture.outbox.backlog().map(({ endpoint, deadLetters }) => [endpoint, deadLetters])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  it("are kept once for each sample, however often a request is resolved", async () => {
    await using fixture = await lettersOf();
    fixture.letters.add("a", 1, [letter(0), letter(1)]);
    fixture.letters.add("a", 1, [letter(1), letter(2)]);
    expect(seriesOf(fixture, "a")).toEqual(["a 1 s2", "a 1 s1", "a 1 s0"]);
  });

  it("make room for younger ones beyond the limit of their endpoint, and say how many did", async () => {
    await using fixture = await lettersOf(3);
    expect(fixture.letters.add("b", 1, [letter(9)])).toBe(0);
    expect(fixture.letters.add("a", 1, [letter(0), letter(1)])).toBe(0);
    expect(fixture.letters.add("a", 2, [letter(2), letter(3), letter(4)])).toBe(2);
    expect(seriesOf(fixture, null)).toEqual(["a 2 s4", "a 2 s3", "a 2 s2", "b 1 s9"]);
  });

  it("are not kept of a request that was dropped as a whole meanwhile", async () => {
    await using fixture = await lettersOf();
    fixture.letters.add("a", 99, [letter(0)]);
    expect(fixture.letters.list(null)).toEqual([]);
  });

  it("are read in pages, oldest sample first", async () => {
    await using fixture = await lettersOf();
    fixture.letters.add("a", 1, [letter(0), letter(1), letter(2, { timestampMs: 499 }), letter(3)]);
    const first = fixture.letters.next("a", { timestampMs: 0, id: 0 }, 3);
    expect(first.map(({ body, timestampMs }) => [...body, timestampMs])).toEqual([
      [3, 497],
      [1, 499],
      [2, 499],
    ]);
    const last = first.at(-1);
    if (last === undefined) throw new Error("the page is empty");
    expect(fixture.letters.next("a", last, 3).map(({ body }) => [...body])).toEqual([[0]]);
  });

  it("take a later answer, and leave one by one or all at once", async () => {
    await using fixture = await lettersOf();
    fixture.letters.add("a", 1, [letter(0), letter(1)]);
    fixture.letters.add("b", 1, [letter(0)]);
    fixture.letters.answered(1, { code: 422, words: "still not", refusedMs: 2_000 });
    expect(fixture.letters.list("a")[1]).toMatchObject({ code: 422, words: "still not", refusedMs: 2_000 });
    fixture.letters.remove([1]);
    expect(seriesOf(fixture, null)).toEqual(["a 1 s1", "b 1 s0"]);
    expect([fixture.letters.drop("a"), fixture.letters.drop("a")]).toEqual([1, 0]);
    expect(seriesOf(fixture, null)).toEqual(["b 1 s0"]);
  });
});

describe("a ledger", () => {
  it("parks and moves the cursor in one commit, or does neither", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(ledgerOptions(folder.path));
    for (const endMs of [60_000, 120_000]) ledger.appendSelf([{ name: "up", labels: {}, value: 1 }], endMs);
    const [first] = [ledger.next("central")?.id ?? 0];
    changeLedger(
      folder.path,
      "CREATE TRIGGER full BEFORE UPDATE ON endpoint BEGIN SELECT raise(ABORT, 'disk is full'); END",
    );
    expect(() => ledger.park("central", first, [letter(0)])).toThrow("disk is full");
    expect(ledgerRows(folder.path, "SELECT * FROM dead_letter")).toEqual([]);
    expect(ledger.next("central")?.id).toBe(first);
    changeLedger(folder.path, "DROP TRIGGER full");
    expect(ledger.park("central", first, [letter(0)])).toBe(0);
    expect(ledger.next("central")?.id).toBe(first + 1);
    expect(ledger.backlog()).toMatchObject([{ requests: 1, deadLetters: 1 }]);
    const kept = "SELECT kind, window_end_ms, request_id FROM dead_letter";
    expect(ledgerRows(folder.path, kept)).toEqual([
      { kind: "self", window_end_ms: 60_000n, request_id: BigInt(first) },
    ]);
  });

  it("erases dead letters with what is past its retention", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(ledgerOptions(folder.path));
    ledger.appendSelf([{ name: "up", labels: {}, value: 1 }], 60_000);
    ledger.park("central", 1, [letter(0), letter(1, { refusedMs: 3_000 })]);
    ledger.eraseBefore(2_000);
    expect(ledger.backlog()).toMatchObject([{ deadLetters: 1 }]);
  });
});

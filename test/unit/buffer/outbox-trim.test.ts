import { describe, expect, it } from "vitest";

import { CounterWindows } from "../../../src/buffer/counter-windows.ts";
import { type Database, openDatabase } from "../../../src/buffer/database.ts";
import { giveBack, usedBytes } from "../../../src/buffer/file-space.ts";
import { Outbox } from "../../../src/buffer/outbox.ts";
import { OutboxTrim } from "../../../src/buffer/outbox-trim.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const WINDOW_MS = 60_000;
const BODY_BYTES = 10_000;

interface Fixture extends AsyncDisposable {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly trim: OutboxTrim;
  /** Queues one request of each of the windows, 10 samples in each; of `self` where it is no counter. */
  queue(windows: number, kind?: "counter" | "self"): void;
  kept(): unknown[];
}

async function fixture(): Promise<Fixture> {
  const folder = await tempFolder();
  const database = openDatabase(folder.path);
  database.exec("INSERT INTO interface (id, name) VALUES (1, 'eth0')");
  const outbox = new Outbox(database);
  outbox.addEndpoints(["a"]);
  const windows = new CounterWindows(database);
  let number = 0;
  return {
    database,
    outbox,
    trim: new OutboxTrim(database),
    queue(count, kind = "counter") {
      for (let index = 0; index < count; index++) {
        const windowEndMs = ++number * WINDOW_MS;
        const id = outbox.append({ windowEndMs, kind, samples: 10, body: new Uint8Array(BODY_BYTES) });
        const requests = { first: id, last: id };
        if (kind === "counter") windows.add({ interfaceId: 1, windowEndMs, requests, isLast: false });
      }
    },
    kept: () => database.prepare("SELECT window_end_ms / 60000 FROM outbox ORDER BY id").pluck().all(),
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const NOTHING = { thinned: 0, dead_letter: 0, oldest: 0 };

describe("a ledger that fits", () => {
  it("loses nothing", async () => {
    await using one = await fixture();
    one.queue(20);
    expect(one.trim.trim(2 ** 30)).toEqual(NOTHING);
    expect(one.kept()).toHaveLength(20);
  });
});

describe("a ledger that outgrows its bound", () => {
  it("first loses counters that their interval repeats, the oldest first, and only as many as it takes", async () => {
    await using one = await fixture();
    one.queue(20);
    const maxBytes = usedBytes(one.database) - 3 * BODY_BYTES;
    const { thinned, ...others } = one.trim.trim(maxBytes);
    expect(others).toEqual({ dead_letter: 0, oldest: 0 });
    expect([20, 30, 40]).toContain(thinned);
    expect(usedBytes(one.database)).toBeLessThanOrEqual(maxBytes);
    expect(usedBytes(one.database)).toBeGreaterThan(maxBytes - 2 * BODY_BYTES);
    const windows = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(one.kept()).toEqual(windows.slice(thinned / 10));
  });

  it("then loses the oldest of what is left, of any kind", async () => {
    await using one = await fixture();
    const emptyBytes = usedBytes(one.database);
    one.queue(10);
    one.queue(10, "self");
    const dropped = one.trim.trim(emptyBytes + 8 * BODY_BYTES);
    expect(dropped).toMatchObject({ dead_letter: 0, thinned: 80 });
    expect(dropped.oldest).toBeGreaterThan(30);
    const left = [5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
    expect(one.kept()).toEqual(left.slice(dropped.oldest / 10));
  });

  it("loses what a receiver refused before what it may still take", async () => {
    await using one = await fixture();
    one.queue(5, "self");
    const letter = `INSERT INTO dead_letter (endpoint, request_id, sample_index, window_end_ms, kind, code, words,
      refused_ms, body, series, value, timestamp_ms) VALUES ('a', 1, ?, 0, 'self', 400, '', 0, zeroblob(5000), '', '0', 0)`;
    for (let index = 0; index < 4; index++) one.database.prepare(letter).run(index);
    expect(one.trim.trim(usedBytes(one.database) - 1)).toEqual({ ...NOTHING, dead_letter: 4 });
    expect(one.kept()).toHaveLength(5);
  });

  it("ends where nothing is left, and remembers all that it lost", async () => {
    await using one = await fixture();
    one.queue(5);
    expect(one.trim.trim(0)).toEqual({ ...NOTHING, thinned: 40, oldest: 10 });
    expect(one.trim.trim(0)).toEqual(NOTHING);
    one.queue(1, "self");
    one.trim.trim(0);
    expect(new OutboxTrim(one.database).dropped()).toEqual({ ...NOTHING, thinned: 40, oldest: 20 });
  });

  it("forgets which windows can go when every endpoint has them", async () => {
    await using one = await fixture();
    one.queue(9);
    one.outbox.accepted("a", 8);
    one.queue(1);
    const left = one.database.prepare("SELECT first_request, repeated FROM counter_window").raw().all();
    expect(left).toEqual([[9, 1]]);
  });

  it("finds what to drop without looking at all that is queued", async () => {
    await using one = await fixture();
    one.queue(30);
    const plan = (sql: string): string => {
      const steps = one.database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
      return steps.map(({ detail }) => detail).join("; ");
    };
    expect(plan("SELECT first_request FROM counter_window WHERE repeated = 1 ORDER BY first_request LIMIT 1")).toMatch(
      /USING (COVERING )?INDEX counter_window_repeated$/,
    );
    expect(plan("UPDATE counter_window SET repeated = 1 WHERE repeated = 0 AND interface_id = 1")).toContain(
      "counter_window_newest (interface_id=?)",
    );
    expect(plan("DELETE FROM outbox WHERE id BETWEEN 1 AND 2")).toBe(
      "SEARCH outbox USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    );
  });
});

describe("the space of a delivered backlog", () => {
  it("goes back to the file system in steps, but for a margin", async () => {
    await using one = await fixture();
    one.queue(3_000);
    one.outbox.accepted("a", 3_000);
    const pages = (): number => Number(one.database.pragma("page_count", { simple: true }));
    const before = pages();
    giveBack(one.database, 4 * 2 ** 20);
    expect(before - pages()).toBeGreaterThanOrEqual(4_096);
    expect(before - pages()).toBeLessThan(4_200);
    for (let step = 0; step < 10; step++) giveBack(one.database, 4 * 2 ** 20);
    const free = Number(one.database.pragma("freelist_count", { simple: true }));
    expect(free).toBeLessThanOrEqual(1_024);
    expect(free).toBeGreaterThan(900);
  });
});

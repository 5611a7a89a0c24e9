import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Database, openDatabase } from "../../../src/buffer/database.ts";
import { Outbox } from "../../../src/buffer/outbox.ts";
import { tempFolder } from "../../support/temp-folder.ts";

interface Fixture extends AsyncDisposable {
  readonly outbox: Outbox;
  readonly database: Database;
  readonly stateDir: string;
}

async function outboxOf(...endpoints: readonly string[]): Promise<Fixture> {
  const folder = await tempFolder();
  const database = openDatabase(folder.path);
  const outbox = new Outbox(database);
  outbox.addEndpoints(endpoints);
  return {
    outbox,
    database,
    stateDir: folder.path,
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const request = (windowEndMs: number, bytes = 100) =>
  ({ windowEndMs, kind: "counter", samples: 10, body: new Uint8Array(bytes).fill(windowEndMs % 256) }) as const;

const retained = ({ database }: Fixture): unknown[] =>
  database.prepare("SELECT id FROM outbox ORDER BY id").pluck().all();

function take(outbox: Outbox, endpoint: string): number | null {
  const next = outbox.next(endpoint);
  if (next) outbox.accepted(endpoint, next.id);
  return next?.windowEndMs ?? null;
}

describe("an endpoint", () => {
  it("gets requests in the order in which they were appended, the same bytes each time", async () => {
    await using fixture = await outboxOf("a");
    const { outbox } = fixture;
    for (const end of [30, 10, 20]) outbox.append(request(end));
    const [first, again] = [outbox.next("a"), outbox.next("a")];
    expect(again).toEqual(first);
    expect(first).toMatchObject({ id: 1, windowEndMs: 30, samples: 10 });
    expect(Buffer.compare(first?.body ?? Buffer.alloc(0), request(30).body)).toBe(0);
    expect([take(outbox, "a"), take(outbox, "a"), take(outbox, "a"), take(outbox, "a")]).toEqual([30, 10, 20, null]);
  });

  it("waits for no other one, and a request leaves when all have it", async () => {
    await using fixture = await outboxOf("a", "b");
    const { outbox } = fixture;
    for (const end of [1, 2, 3]) outbox.append(request(end));
    expect([take(outbox, "a"), take(outbox, "a"), take(outbox, "b")]).toEqual([1, 2, 1]);
    expect(retained(fixture)).toEqual([2, 3]);
    expect(outbox.backlog()).toEqual([
      { endpoint: "a", requests: 1, samples: 10, oldestWindowEndMs: 3, deadLetters: 0 },
      { endpoint: "b", requests: 2, samples: 20, oldestWindowEndMs: 2, deadLetters: 0 },
    ]);
  });

  it("does not go back when an older request is accepted once more", async () => {
    await using fixture = await outboxOf("a", "b");
    const { outbox } = fixture;
    for (const end of [1, 2, 3]) outbox.append(request(end));
    outbox.accepted("a", 2);
    outbox.accepted("a", 1);
    expect(outbox.next("a")?.id).toBe(3);
  });

  it("that is removed holds nothing back any more", async () => {
    await using fixture = await outboxOf("a", "b");
    const { outbox } = fixture;
    for (const end of [1, 2, 3]) outbox.append(request(end));
    outbox.accepted("a", 2);
    outbox.removeOthers(["a"]);
    expect(retained(fixture)).toEqual([3]);
    expect(outbox.next("b")).toBeNull();
    outbox.removeOthers([]);
    expect(retained(fixture)).toEqual([]);
  });

  it("that is new starts from what is retained, and a known one keeps its place", async () => {
    await using fixture = await outboxOf("a", "b");
    const { outbox } = fixture;
    for (const end of [1, 2, 3]) outbox.append(request(end));
    outbox.accepted("a", 3);
    outbox.accepted("b", 1);
    expect(outbox.addEndpoints(["a", "b", "c"])).toEqual(["c"]);
    expect([outbox.next("a"), outbox.next("b")?.id, outbox.next("c")?.id]).toEqual([null, 2, 2]);
  });

  it("that is new and starts from now gets what comes next, and a known one keeps its place all the same", async () => {
    await using fixture = await outboxOf("a", "b");
    const { outbox } = fixture;
    expect(outbox.addEndpoints(["a", "b", "first"], ["first"])).toEqual(["first"]);
    for (const end of [1, 2, 3]) outbox.append(request(end));
    for (const name of ["a", "first"]) outbox.accepted(name, 1);
    expect(outbox.addEndpoints(["a", "b", "first", "c"], ["b", "first", "c"])).toEqual(["c"]);
    expect(["a", "b", "first", "c"].map((name) => outbox.next(name)?.id)).toEqual([2, 1, 2, undefined]);
    expect(retained(fixture)).toEqual([1, 2, 3]);
    outbox.append(request(4));
    expect(["a", "b", "first", "c"].map((name) => outbox.next(name)?.id)).toEqual([2, 1, 2, 4]);
  });

  it("that the ledger does not know has nothing", async () => {
    await using fixture = await outboxOf("a");
    fixture.outbox.append(request(1));
    fixture.outbox.accepted("z", 1);
    expect(fixture.outbox.next("z")).toBeNull();
    expect(retained(fixture)).toEqual([1]);
  });
});

describe("ids", () => {
  it("are never used again, not even by an emptied outbox that is opened anew", async () => {
    await using fixture = await outboxOf("a");
    fixture.outbox.append(request(1));
    fixture.outbox.append(request(2));
    fixture.outbox.accepted("a", 2);
    expect(retained(fixture)).toEqual([]);
    const reopened = openDatabase(fixture.stateDir);
    new Outbox(reopened).append(request(3));
    reopened.close();
    expect(fixture.outbox.next("a")).toMatchObject({ id: 3, windowEndMs: 3 });
  });
});

describe("whatever happens between", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant("append" as const) },
    { weight: 4, arbitrary: fc.constantFrom("a", "b", "c") },
    { weight: 1, arbitrary: fc.constantFrom("without c" as const, "with c" as const) },
  );

  it("each endpoint gets every request from its start on, once and in order, and no longer than needed", async () => {
    await using fixture = await outboxOf("a", "b", "c");
    const { outbox, database } = fixture;
    const check = (steps: readonly string[]): void => {
      database.exec(
        "DELETE FROM outbox; UPDATE endpoint SET cursor = (SELECT coalesce(max(seq), 0) FROM sqlite_sequence)",
      );
      outbox.addEndpoints(["c"]);
      const pending = new Map<string, number[]>(["a", "b", "c"].map((name) => [name, []]));
      const got: (readonly [number | null, number | null])[] = [];
      let end = 0;
      const all = (): Set<number> => new Set([...pending.values()].flat());
      for (const what of steps) {
        if (what === "append") {
          outbox.append(request(++end));
          for (const queue of pending.values()) queue.push(end);
        } else if (what === "without c") {
          outbox.removeOthers(["a", "b"]);
          pending.delete("c");
        } else if (what === "with c") {
          if (outbox.addEndpoints(["c"]).length > 0)
            pending.set(
              "c",
              [...all()].sort((x, y) => x - y),
            );
        } else got.push([take(outbox, what), pending.get(what)?.shift() ?? null]);
        const kept = database.prepare("SELECT window_end_ms FROM outbox ORDER BY id").pluck().all();
        expect(kept).toEqual([...all()].sort((x, y) => x - y));
      }
      expect(got.map(([taken]) => taken)).toEqual(got.map(([, expected]) => expected));
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), check), { numRuns: 40 });
  });
});

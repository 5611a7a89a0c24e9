// The ledger's thread as it is built: dist/ledger, so build first.

import { Worker } from "node:worker_threads";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";

import { LEDGER_FILE } from "../../src/buffer/database.ts";
import type { LedgerClient as Client } from "../../src/ledger/ledger-client.ts";
import type { LedgerOptions } from "../../src/ledger/ledger-options.ts";
import { sharedColumns } from "../../src/model/window.ts";
import { changeLedger, ledgerOptions, ledgerRows } from "../support/ledger-options.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { windowUsage } from "../support/window-usage.ts";

interface Built {
  readonly LedgerClient: { open(options: LedgerOptions): Promise<Client> };
}

const built: Built = await import(new URL("../../dist/ledger/ledger-client.js", import.meta.url).href);

const EPOCH_MS = 3_600_000;
const window = (number: number, bytesIn = 5) => windowUsage(EPOCH_MS + number * 60_000, [{ ip: "192.0.2.1", bytesIn }]);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a ledger in its thread", () => {
  it("answers as the ledger does", async () => {
    await using folder = await tempFolder();
    await using client = await built.LedgerClient.open(ledgerOptions(folder.path));
    expect(await client.call("close", window(1), { live: true })).toMatchObject({ samples: 9, requests: 2 });
    expect(await client.call("hold", window(2))).toMatchObject({ samples: 0, lateBytes: 0 });
    const read = { acceptedId: null, afterId: 0, form: "stored", maxRequests: 1, maxJoinedSamples: 0 } as const;
    const { requests, more } = await client.call("advance", "central", read);
    expect(more).toBe(true);
    expect(requests).toMatchObject([{ id: 1, windowEndMs: EPOCH_MS + 120_000, kind: "counter", samples: 4 }]);
    expect(requests[0]?.body.length).toBeGreaterThan(0);
    const again = await client.call("advance", "central", { ...read, maxRequests: 5 });
    expect(again.requests.map(({ id }) => id)).toEqual([1, 2]);
    expect(again.requests[0]).toEqual(requests[0]);
    const rest = await client.call("advance", "central", { ...read, acceptedId: 1, maxRequests: 5 });
    expect(rest.requests).toEqual([again.requests[1]]);
    expect(await client.call("backlog")).toMatchObject([{ endpoint: "central", requests: 1, samples: 5 }]);
    expect(await client.call("usedBytes")).toBeGreaterThan(10_000);
    expect(await client.call("lastWindows")).toMatchObject([{ interface: "eth0", startMs: EPOCH_MS + 120_000 }]);
    expect(await client.call("advance", "nobody", read)).toEqual({ requests: [], more: false });
    const identity = ledgerRows(folder.path, "SELECT value FROM setting WHERE name = 'ledger_id'");
    expect(identity).toEqual([]);
    expect(await client.call("identity")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("takes calls in their order, however many wait", async () => {
    await using folder = await tempFolder();
    await using client = await built.LedgerClient.open(ledgerOptions(folder.path));
    const order: number[] = [];
    const calls = Array.from({ length: 40 }, (_, index) =>
      client.call("close", window(index, 10 ** (index % 10)), { live: true }).then(() => order.push(index)),
    );
    const backlog = client.call("backlog");
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index));
    const requests = Number(ledgerRows(folder.path, "SELECT count(*) AS n FROM outbox")[0]?.["n"]);
    expect(await backlog).toMatchObject([{ requests }]);
    const ends = ledgerRows(folder.path, "SELECT window_end_ms FROM outbox WHERE kind = 'counter' ORDER BY id");
    expect(ends.map((row) => row["window_end_ms"])).toEqual(ends.map((row) => row["window_end_ms"]).toSorted(byValue));
  });

  it("closes after the calls made so far, and refuses later ones", async () => {
    await using folder = await tempFolder();
    const client = await built.LedgerClient.open(ledgerOptions(folder.path));
    const calls = [1, 2, 3].map((number) => client.call("close", window(number), { live: true }));
    await client[Symbol.asyncDispose]();
    await expect(Promise.all(calls)).resolves.toHaveLength(3);
    expect(ledgerRows(folder.path, "SELECT count(*) AS n FROM window")).toEqual([{ n: 3n }]);
    await expect(client.call("backlog")).rejects.toThrow("the ledger is closed");
    await client[Symbol.asyncDispose]();
  });
});

describe("a ledger that cannot", () => {
  it("be opened says so in its own words, as an error of the user's making", async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file(LEDGER_FILE));
    await expect(built.LedgerClient.open(ledgerOptions(folder.path))).rejects.toMatchObject({
      name: "LedgerCallError",
      message: expect.stringMatching(/cannot open the ledger \(EISDIR[^\n]+; check that agent.state_dir is a folder/),
      expected: true,
      isFinal: false,
    });
  });

  it("be read is set aside by its agent, and left as it is by another program", async () => {
    await using folder = await tempFolder();
    const notes = "my precious notes\n".repeat(300);
    await writeFile(folder.file(LEDGER_FILE), notes);
    await expect(built.LedgerClient.open(ledgerOptions(folder.path, { owner: false }))).rejects.toThrow(
      "(file is not a database); move the file aside and restore a backup",
    );
    await using client = await built.LedgerClient.open(ledgerOptions(folder.path));
    const { setAside } = await client.call("opening");
    expect(setAside?.damage).toBe("file is not a database");
    expect(await readFile(setAside?.path ?? "", "utf8")).toBe(notes);
  });

  it("commit says why, as an unexpected error, and serves the next call", async () => {
    await using folder = await tempFolder();
    await using client = await built.LedgerClient.open(ledgerOptions(folder.path));
    const refuse = "CREATE TRIGGER refuse BEFORE INSERT ON window BEGIN SELECT RAISE(ABORT, 'no more room'); END";
    changeLedger(folder.path, refuse);
    const refused = client.call("close", window(1), { live: true });
    await expect(refused).rejects.toMatchObject({ name: "LedgerCallError", message: "no more room", expected: false });
    await expect(refused).rejects.toHaveProperty("stack", expect.stringContaining("usage-store"));
    changeLedger(folder.path, "DROP TRIGGER refuse");
    expect(await client.call("close", window(1), { live: true })).toMatchObject({ requests: 2 });
    expect(ledgerRows(folder.path, "SELECT bytes_in FROM address")).toEqual([{ bytes_in: 5n }]);
  });

  it("commit a window from a kernel leaves it whole, to be offered again", async () => {
    await using folder = await tempFolder();
    await using client = await built.LedgerClient.open(ledgerOptions(folder.path));
    const refuse = "CREATE TRIGGER refuse BEFORE INSERT ON window BEGIN SELECT RAISE(ABORT, 'no more room'); END";
    changeLedger(folder.path, refuse);
    const offered = { ...window(1), usage: sharedColumns(2), source: "0123456789abcdef" };
    for (const [row, host] of [7, 3].entries()) {
      offered.usage.addresses.set([0, 0, 0xffff, host], row * 4);
      offered.usage.bytesIn[row] = 100 * host;
    }
    const before = structuredClone({ ...offered.usage, bytesIn: Float64Array.from(offered.usage.bytesIn) });
    await expect(client.call("close", offered, { live: true })).rejects.toThrow("no more room");
    expect(offered.usage).toEqual(before);
    changeLedger(folder.path, "DROP TRIGGER refuse");
    await client.call("close", offered, { live: true });
    expect(offered.usage).toEqual(before);
    const rows = ledgerRows(folder.path, "SELECT bytes_in FROM address ORDER BY address");
    expect(rows).toEqual([{ bytes_in: 300n }, { bytes_in: 700n }]);
  });

  it("answer any more rejects what waits and what comes", async () => {
    await using folder = await tempFolder();
    const post = vi.spyOn(Worker.prototype, "postMessage");
    await using client = await built.LedgerClient.open(ledgerOptions(folder.path));
    const waiting = [client.call("close", window(1), { live: true }), client.call("backlog")];
    const settled = Promise.allSettled(waiting);
    const [worker] = post.mock.contexts;
    if (!(worker instanceof Worker)) throw new Error("the client posts to no thread");
    await worker.terminate();
    expect((await settled).at(-1)).toMatchObject({ status: "rejected", reason: { message: "the ledger is closed" } });
    await expect(client.call("backlog")).rejects.toThrow("the ledger is closed");
  });
});

function byValue(a: unknown, b: unknown): number {
  return Number(a) - Number(b);
}

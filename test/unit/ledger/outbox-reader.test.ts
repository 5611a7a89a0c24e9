import { describe, expect, it } from "vitest";
import { OutboxReader } from "../../../src/ledger/outbox-reader.ts";
import type { Advance, OutboxRequest } from "../../../src/ship/outbox.ts";
import { backlogOf } from "../../support/backlog.ts";
import { decodeBody } from "../../support/receiver.ts";

function readerOf(requests: readonly OutboxRequest[]) {
  const stored = requests.map((request) => ({ ...request, body: Buffer.from(request.body) }));
  const reader = new OutboxReader({
    pending: (_, afterId) => stored.filter(({ id }) => id > afterId).values(),
    nextSelf: (id, within) => stored.find((one) => one.kind === "self" && one.id > id && one.id <= id + within) ?? null,
  });
  return (changes: Partial<Advance>) =>
    reader.read("central", {
      acceptedId: null,
      afterId: 0,
      form: "stored",
      maxRequests: 16,
      maxJoinedSamples: 20_000,
      ...changes,
    });
}

const idsOf = ({ requests }: { readonly requests: readonly OutboxRequest[] }): number[] => requests.map(({ id }) => id);

describe("an endpoint's pending requests", () => {
  it("are read as they are stored, so many at a time, and from where they were read", () => {
    const { requests } = backlogOf(4);
    const read = readerOf(requests);
    expect(read({ maxRequests: 5 })).toEqual({ requests: requests.slice(0, 5), more: true });
    expect(read({ maxRequests: 5, afterId: 10 })).toEqual({ requests: requests.slice(10), more: false });
    expect(read({ maxRequests: 0 })).toEqual({ requests: [], more: true });
  });

  it("are read up to 1 MiB, and one at least", () => {
    const large = backlogOf(1).requests.map((request) => ({ ...request, body: Buffer.alloc(700 * 1024) }));
    const read = readerOf(large);
    expect(idsOf(read({}))).toEqual([1]);
    expect(idsOf(read({ afterId: 2 }))).toEqual([3]);
  });

  it("are joined up to the limit of samples, with the last one's id and time, each series once", () => {
    const { requests } = backlogOf(10);
    const [joined, ...others] = readerOf(requests)({ form: "joined", maxJoinedSamples: 42 * 5 + 20 }).requests;
    expect(others).toEqual([]);
    expect(joined).toMatchObject({ id: 16, windowEndMs: requests[15]?.windowEndMs, samples: 230, joinedSamples: 230 });
    const series = decodeBody(joined?.body ?? new Uint8Array());
    expect(series).toHaveLength(42);
    expect(series.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(230);
  });

  it("are not joined where most of what fits is of one window, nor where three are left", () => {
    const { requests } = backlogOf(2);
    expect(idsOf(readerOf(requests)({ form: "joined", maxJoinedSamples: 60 }))).toEqual([1, 2, 3]);
    expect(idsOf(readerOf(requests)({ form: "joined", afterId: 3 }))).toEqual([4, 5, 6]);
    expect(idsOf(readerOf(requests)({ form: "joined" }))).toEqual([6]);
  });

  it("have the agent's own next metrics behind its first ones for a probe, which counts for the first alone", () => {
    const { requests } = backlogOf(10);
    const { requests: found, more } = readerOf(requests)({ form: "probe" });
    expect([found.map(({ id }) => id), more]).toEqual([[1, 2, 3], true]);
    expect(found[2]).toMatchObject({
      kind: "self",
      samples: 2,
      joinedSamples: 4,
      windowEndMs: requests[5]?.windowEndMs,
    });
    const times = decodeBody(found[2]?.body ?? new Uint8Array()).map(({ samples }) =>
      samples.map(({ timestamp }) => timestamp),
    );
    const [first, second] = [requests[2], requests[5]].map((request) => (request?.windowEndMs ?? 0) - 1);
    expect(times).toEqual([
      [first, second],
      [first, second],
    ]);
  });

  it("are read as they are stored where there is nothing to probe with, or nothing to catch up", () => {
    const { requests } = backlogOf(10);
    const counters = requests.filter(({ kind }) => kind !== "self");
    expect(readerOf(counters)({ form: "probe" }).requests).toEqual(counters.slice(0, 16));
    expect(readerOf(backlogOf(1).requests)({ form: "probe" }).requests).toHaveLength(3);
  });

  it("are read as they are stored where their bytes cannot be joined", () => {
    const requests = backlogOf(10).requests.map((request) => ({ ...request, body: Buffer.from("none") }));
    expect(idsOf(readerOf(requests)({ form: "joined" }))).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    expect(readerOf(requests)({ form: "probe" }).requests).toEqual(requests.slice(0, 16));
  });
});

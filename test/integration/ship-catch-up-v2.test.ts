// Joined requests as remote-write 2.0: exact to the bit, with written counts that are believed only where they fit.

import { describe, expect, it } from "vitest";
import type { OutboxRequest } from "../../src/ship/outbox.ts";
import { selfSamples } from "../../src/telemetry/metrics.ts";
import { backlogOf } from "../support/backlog.ts";
import { type BitSeries, decodeV1 } from "../support/decode-v2.ts";
import { type Departure, type ReceivedMessage, ReceiverV2 } from "../support/receiver-v2.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, startShipper } from "../unit/ship/ship-fixture.ts";

const BATCHED_V2 = { catchUp: "batched", protobufMessage: "io.prometheus.write.v2.Request" } as const;
const GIVEN_UP = "warn: endpoint does not take joined requests: it gets them as stored until a reload";
const FELL_BACK = "warn: endpoint does not take remote-write 2.0: it gets 1.0 until a reload";

type Departs = (request: ReceivedMessage) => Departure;

function isJoined({ series }: ReceivedMessage): boolean {
  return series.some(({ samples }) => samples.length > 1);
}

function sizeOf({ series }: Pick<ReceivedMessage, "series">): number {
  return series.reduce((sum, { samples }) => sum + samples.length, 0);
}

const versionsOf = (requests: readonly ReceivedMessage[]): Set<number> =>
  new Set(requests.map(({ version }) => version));

/** `departs` from the joined request of that number on. */
function fromJoined(first: number, departs: Departs): Departs {
  let joined = 0;
  return (request) => (isJoined(request) && ++joined >= first ? departs(request) : {});
}

/** Every sample that was sent, whatever became of it; throws where a series has two values at one time. */
function sampleBits(messages: readonly (readonly BitSeries[])[]): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  for (const { labels, samples } of messages.flat()) {
    for (const { timestamp, bits } of samples) {
      const key = `${labels.map((label) => label.join("=")).join(",")} ${timestamp}`;
      if ((found.get(key) ?? bits) !== bits) throw new Error(`two values of ${key}`);
      found.set(key, bits);
    }
  }
  return found;
}

/** What the receiver holds. */
function storedBits({ samples }: ReceiverV2): ReadonlyMap<string, bigint> {
  const rows = [...samples].flatMap(([series, values]) =>
    [...values].map(([timestamp, bits]) => [`${series.replaceAll('"', "")} ${timestamp}`, bits] as const),
  );
  return new Map(rows);
}

/** Delivers everything; the samples must be there, each with its one value. */
async function deliver(requests: readonly OutboxRequest[], adapt: (receiver: ReceiverV2) => void = () => {}) {
  await using receiver = await ReceiverV2.start();
  adapt(receiver);
  await using ship = startShipper([endpointOf(receiver.url, BATCHED_V2)], ...requests);
  await waitFor("an empty outbox", () => ship.outbox.pending("central") === 0, { timeoutMs: 30_000 });
  const sent = sampleBits(requests.map(({ body }) => decodeV1(body)));
  expect(sampleBits(receiver.requests.map(({ series }) => series))).toEqual(sent);
  expect(storedBits(receiver)).toEqual(sent);
  expect(ship.outbox.parked).toEqual([]);
  const own = await selfSamples(ship.metrics);
  const shortWrites = own.find(({ name }) => name === "acct_ship_short_writes_total")?.value;
  return { requests: receiver.requests, headlines: ship.headlines(), shortWrites };
}

describe.concurrent("a backlog in batches as remote-write 2.0", () => {
  it("arrives whole in few requests of at most 10,000 samples, as 2.0, each written count fitting", async () => {
    const backlog = backlogOf(300).requests;
    const { requests, headlines, shortWrites } = await deliver(backlog);
    const joined = requests.filter(isJoined);
    expect([versionsOf(requests), headlines, shortWrites]).toEqual([new Set([2]), [], 0]);
    expect(joined.length).toBeGreaterThan(2);
    expect(Math.max(...joined.map(sizeOf))).toBeLessThanOrEqual(10_000);
    expect(requests.length).toBeLessThan(backlog.length / 30);
  });

  it.each([
    ["the probe", 1],
    ["the one behind it", 2],
  ])("is not joined any more after a count that is short by one sample, at %s", async (_what, first) => {
    const short = fromJoined(first, (request) => ({ writes: sizeOf(request) - 1 }));
    const { requests, headlines, shortWrites } = await deliver(backlogOf(100).requests, (receiver) => {
      receiver.departure = short;
    });
    expect([headlines, shortWrites, versionsOf(requests)]).toEqual([[GIVEN_UP], 1, new Set([2])]);
    const joined = requests.filter(isJoined);
    expect(joined).toHaveLength(first);
    expect(requests.slice(requests.findLastIndex(isJoined) + 1).length).toBeGreaterThan(290);
  });

  it.each<[string, (receiver: ReceiverV2) => void]>([
    [
      "415",
      (receiver) => {
        receiver.versions = [1];
      },
    ],
    [
      "a 2xx that says nothing of what was written",
      (receiver) => {
        receiver.departure = ({ version }) => (version === 2 ? { silent: true, writes: 0 } : {});
      },
    ],
    [
      "a joined request's 2xx that says nothing of what was written",
      (receiver) => {
        const departs = fromJoined(1, ({ version }) => (version === 2 ? { silent: true, writes: 0 } : {}));
        receiver.departure = departs;
      },
    ],
    [
      "400 to a joined request that is taken as 1.0",
      (receiver) => {
        receiver.departure = fromJoined(2, ({ version }) => (version === 2 ? { status: 400, silent: true } : {}));
      },
    ],
  ])("gives way to 1.0 on %s, and is joined in it", async (_what, adapt) => {
    const { requests, headlines } = await deliver(backlogOf(100).requests, adapt);
    expect(headlines).toEqual([FELL_BACK]);
    const behind = requests.slice(requests.findLastIndex(({ version }) => version === 2) + 1);
    expect(behind.some(isJoined)).toBe(true);
    expect(requests.length).toBeLessThan(20);
  });

  it("stays 2.0 where joined requests are refused in both", async () => {
    const { requests, headlines } = await deliver(backlogOf(40).requests, (receiver) => {
      receiver.departure = fromJoined(2, () => ({ status: 400, silent: true }));
    });
    expect(headlines).toEqual([GIVEN_UP]);
    expect(requests.filter(isJoined).map(({ version }) => version)).toEqual([2, 2, 1]);
    expect(requests.at(-1)?.version).toBe(2);
  });
});

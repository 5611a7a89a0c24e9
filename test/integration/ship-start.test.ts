// Where a new endpoint begins: with what the ledger still has, or with what comes next. A real ledger, a real receiver.

import { describe, expect, it } from "vitest";

import type { Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../src/ledger/ledger-options.ts";
import { Shipper } from "../../src/ship/shipper.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { outboxOf } from "../support/ledger-outbox.ts";
import { pushedSeries } from "../support/pushed.ts";
import { Receiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait-for.ts";
import { accounting, at, EPOCH_MS } from "../unit/account/accounting.ts";
import { memoryLog } from "../unit/ship/memory-log.ts";
import { endpointOf } from "../unit/ship/ship-fixture.ts";

const A = { ip: "192.0.2.1" };
const B = { ip: "192.0.2.2" };
/** Both ways to a changed configuration: a reload of the running ledger, and a restart. */
const WAYS = ["reload", "restart"] as const;

/** A ledger whose configuration can be changed in either way. */
async function ledgerOf(way: (typeof WAYS)[number], endpoints: readonly string[]) {
  const account = await accounting();
  let ledger = account.open({ endpoints });
  const change = (changes: Pick<LedgerOptions, "endpoints" | "endpointsFromNow">): Ledger => {
    if (way === "restart") ledger = account.open(changes);
    else ledger.configure({ ...account.options(), ...changes });
    return ledger;
  };
  return { ledger, change, [Symbol.asyncDispose]: () => account[Symbol.asyncDispose]() };
}

/** Delivers all that is pending to each receiver, by endpoint. */
async function deliver(ledger: Ledger, receivers: Readonly<Record<string, Receiver>>): Promise<void> {
  const endpoints = Object.entries(receivers).map(([name, { url }]) => endpointOf(url, { name }));
  const clock = { now: () => Date.now() };
  const { log, headlines } = memoryLog();
  const outbox = outboxOf(ledger);
  await using shipper = new Shipper(endpoints, { outbox, log, clock, metrics: createMetrics(), version: "0.1.0" });
  const stop = new AbortController();
  const ended = shipper.run(stop.signal);
  await waitFor("empty queues", () => ledger.backlog().every(({ requests }) => requests === 0));
  stop.abort();
  await ended;
  for (const receiver of Object.values(receivers)) expect(receiver.errors).toEqual([]);
  expect(headlines()).toEqual([]);
}

/** `[seconds since the epoch, value]` of an address' bytes in, in the order of arrival. */
function bytesIn(receiver: Receiver, { ip }: { readonly ip: string }): (readonly [number, number])[] {
  const [samples = []] = [...pushedSeries(receiver, "acct_bytes_total")]
    .filter(([key]) => key.includes(`ip="${ip}"`) && key.includes('direction="in"'))
    .map(([, found]) => found);
  return samples.map(({ timeMs, value }) => [(timeMs + 1 - EPOCH_MS) / 1_000, value]);
}

function closeAll(ledger: Ledger, ...windows: Parameters<Ledger["close"]>[0][]): void {
  for (const window of windows) ledger.close(window, { live: true });
}

describe.concurrent.each(WAYS)("an endpoint that a %s adds", (way) => {
  it("gets nothing of what was queued where it starts from now, and each series' total before it grows", async () => {
    await using central = await Receiver.start();
    await using now = await Receiver.start();
    await using account = await ledgerOf(way, ["central"]);
    closeAll(account.ledger, at(60, [{ ...A, bytesIn: 100 }]), at(120, [{ ...A, bytesIn: 10 }]));
    const ledger = account.change({ endpoints: ["central", "now"], endpointsFromNow: ["now"] });
    closeAll(ledger, at(180, [{ ...A, bytesIn: 1 }]), at(240, [{ ...B, bytesIn: 5 }]));
    await deliver(ledger, { central, now });

    const grown = [
      // Behind the last sample, which the others have.
      [180.001, 110],
      [240, 111],
      [300, 111],
    ];
    expect(bytesIn(now, A)).toEqual(grown);
    expect(bytesIn(now, B)).toEqual([
      [0, 0],
      [300, 5],
    ]);
    expect(bytesIn(central, A).slice(-3)).toEqual(grown);
    expect(bytesIn(central, A).slice(0, -3)).toEqual([
      [0, 0],
      [120, 100],
      [180, 110],
    ]);
    const ends = [...pushedSeries(now, "acct_window_completeness_ratio").values()].flat();
    expect(ends.map(({ timeMs }) => (timeMs + 1 - EPOCH_MS) / 1_000)).toEqual([240, 300]);
  });

  it("gets everything where nothing is queued, whichever way it starts", async () => {
    await using central = await Receiver.start();
    await using now = await Receiver.start();
    await using account = await ledgerOf(way, []);
    const ledger = account.change({ endpoints: ["central", "now"], endpointsFromNow: ["now"] });
    closeAll(ledger, at(60, [{ ...A, bytesIn: 100 }]));
    await deliver(ledger, { central, now });
    expect([...now.samples]).toEqual([...central.samples]);
    expect(bytesIn(now, A)).toEqual([
      [0, 0],
      [120, 100],
    ]);
  });

  it("keeps its place from then on, whatever the key says, until it is removed", async () => {
    await using central = await Receiver.start();
    await using other = await Receiver.start();
    const both = ["central", "other"];
    await using account = await ledgerOf(way, both);
    closeAll(account.ledger, at(60, [{ ...A, bytesIn: 100 }]), at(120));
    const known = account.change({ endpoints: both, endpointsFromNow: both });
    closeAll(known, at(180));
    const [first, second] = known.backlog();
    expect(first).toMatchObject({ requests: second?.requests, oldestWindowEndMs: EPOCH_MS + 120_000 });
    account.change({ endpoints: ["other"], endpointsFromNow: [] });
    const again = account.change({ endpoints: both, endpointsFromNow: ["central"] });
    expect(again.backlog()).toMatchObject([{ requests: 0 }, { requests: second?.requests }]);
    await deliver(again, { central, other });
    expect([bytesIn(central, A), bytesIn(other, A).map(([, value]) => value)]).toEqual([[], [0, 100, 100, 100]]);
  });
});

// A process: closes windows through the real ledger thread, as the agent does, and takes what they put into the outbox as
// a shipper would. Prints one line of JSON for each window.

import { setTimeout as sleep } from "node:timers/promises";
import { emptyTotals, type WindowUsage } from "../../src/model/window.ts";
import type { LedgerClient } from "../../src/ledger/ledger-client.ts";
import type { LedgerOptions } from "../../src/ledger/ledger-options.ts";
import { ledgerOptions, networkOf } from "../../test/support/ledger-options.ts";
import { builtUrl } from "./built.ts";
import type { ClosedWindow } from "./close-result.ts";
import { EventLoopWatch } from "./event-loop.ts";

const built: typeof import("../../src/ledger/ledger-client.ts") = await import(builtUrl("ledger/ledger-client.js"));

const WINDOW_MS = 60_000;
const ENDPOINT = "bench";
/** Two of the later windows end a billing interval. */
const WINDOWS = 11;

function options(stateDir: string): LedgerOptions {
  const labels = { customer: "bench", environment: "production" };
  return ledgerOptions(stateDir, {
    windowMs: WINDOW_MS,
    networks: [networkOf("bench", { labels })],
    endpoints: [ENDPOINT],
  });
}

/** Every address is active, in an order that is not the ledger's. */
function windowOf(addresses: number, startMs: number): WindowUsage {
  const column = (value: (row: number) => number) => Float64Array.from({ length: addresses }, (_, row) => value(row));
  const words = new Uint32Array(addresses * 4);
  for (let row = 0; row < addresses; row++) {
    const host = (row * 40_503) % 65_536;
    words.set([0, 0, 0xffff, 0x0a000000 + (addresses === 65_536 ? host : row)], row * 4);
  }
  const usage = {
    length: addresses,
    addresses: words,
    networks: new Uint32Array(addresses),
    bytesIn: column((row) => 1_000_000 + row * 1_499),
    packetsIn: column((row) => 1_000 + row),
    bytesOut: column((row) => 90_000 + row * 77),
    packetsOut: column((row) => 900 + row),
  };
  const quality = { observedMs: WINDOW_MS, droppedFrames: 0, interfaceFrames: 0, clockStepMs: 0 };
  return {
    interface: "bench0",
    source: null,
    startMs,
    endMs: startMs + WINDOW_MS,
    networks: ["bench"],
    usage,
    quality,
    totals: emptyTotals(),
  };
}

async function closeWindow(ledger: LedgerClient, window: WindowUsage): Promise<ClosedWindow> {
  const watch = new EventLoopWatch();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const result = await ledger.call("close", window, { live: true });
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  await sleep(5);
  return {
    rows: window.usage.length,
    cpuMs: (user + system) / 1000,
    wallMs,
    samples: result.samples,
    requests: result.requests,
    bytes: result.bytes,
    ...watch.stop(),
  };
}

/** The id of the last request that is read; null when there is none. */
async function advance(ledger: LedgerClient, acceptedId: number | null): Promise<number | null> {
  const read = { acceptedId, afterId: 0, form: "stored", maxRequests: 16, maxJoinedSamples: 0 } as const;
  const { requests } = await ledger.call("advance", ENDPOINT, read);
  return requests.at(-1)?.id ?? null;
}

/** Milliseconds of CPU to read and forget everything that is pending. */
async function deliver(ledger: LedgerClient): Promise<number> {
  const cpu = process.cpuUsage();
  for (let acceptedId = await advance(ledger, null); acceptedId !== null;) {
    acceptedId = await advance(ledger, acceptedId);
  }
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1000;
}

const [stateDir = "", addresses = "1000"] = process.argv.slice(2);
const ledger = await built.LedgerClient.open(options(stateDir));
const firstMs = Math.floor(Date.now() / 300_000) * 300_000 - (WINDOWS + 9) * WINDOW_MS;
for (let index = 0; index < WINDOWS; index++) {
  const closed = await closeWindow(ledger, windowOf(Number(addresses), firstMs + index * WINDOW_MS));
  const ledgerBytes = await ledger.call("usedBytes");
  const deliverMs = await deliver(ledger);
  console.log(JSON.stringify({ ...closed, ledgerBytes, deliverMs }));
}
await ledger[Symbol.asyncDispose]();

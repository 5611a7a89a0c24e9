// A process: closes windows in which every address is active into a ledger that nobody drains, as an agent does whose
// receiver is down, until a few minutes ago. Prints a Backfill. The ledger runs in this thread: nothing else is to do here.

import { statSync } from "node:fs";
import { join } from "node:path";
import { LEDGER_FILE } from "../../src/buffer/database.ts";
import { emptyTotals, type WindowUsage } from "../../src/model/window.ts";
import { ledgerOptions, networkOf } from "../../test/support/ledger-options.ts";
import { type Backfill, MAX_BYTES } from "./backfill-result.ts";
import { builtUrl } from "./built.ts";

const { Ledger }: typeof import("../../src/ledger/ledger.ts") = await import(builtUrl("ledger/ledger.js"));

const WINDOW_MS = 60_000;
const INTERVAL_MS = 300_000;
const ADDRESSES = Uint32Array.from({ length: Number(process.argv[4]) * 4 }, (_, word) =>
  word % 4 === 3 ? 0x0a000000 + Math.floor(word / 4) : word % 4 === 2 ? 0xffff : 0,
);

/** As many of the agent's own metrics as it has with one interface and one endpoint. */
const SELF = Array.from({ length: 80 }, (_, index) => ({
  name: `acct_bench_${index}_total`,
  labels: {},
  value: index,
}));

/** A little of every address in every window, and never the same: that compresses as badly as traffic does. */
function windowOf(startMs: number): WindowUsage {
  const length = ADDRESSES.length / 4;
  const column = (salt: number, most: number) =>
    Float64Array.from({ length }, (_, row) => mixed(row * 7 + salt + startMs / WINDOW_MS) % most);
  return {
    interface: "bench0",
    source: null,
    startMs,
    endMs: startMs + WINDOW_MS,
    networks: ["bench"],
    usage: {
      length,
      addresses: ADDRESSES,
      networks: new Uint32Array(length),
      bytesIn: column(1, 40_000_000),
      packetsIn: column(2, 40_000),
      bytesOut: column(3, 4_000_000),
      packetsOut: column(4, 20_000),
    },
    quality: { observedMs: WINDOW_MS, droppedFrames: 0, interfaceFrames: 0, clockStepMs: 0 },
    totals: emptyTotals(),
  };
}

/** The finalizer of MurmurHash3: neighbours have nothing in common. */
function mixed(value: number): number {
  const a = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b ^ (b >>> 16)) >>> 0;
}

function fill(stateDir: string, windows: number): Backfill {
  const labels = { customer: "bench", environment: "production" };
  const options = ledgerOptions(stateDir, {
    networks: [networkOf("bench", { labels })],
    baseLabels: { instance: "bench", job: "acct-agent" },
    endpoints: ["bench"],
    maxBytes: MAX_BYTES,
  });
  const sum = { samples: 0, requests: 0, requestBytes: 0 };
  const endMs = Math.floor(Date.now() / INTERVAL_MS - 1) * INTERVAL_MS;
  const startedMs = performance.now();
  {
    using ledger = new Ledger(options);
    for (let startMs = endMs - windows * WINDOW_MS; startMs < endMs; startMs += WINDOW_MS) {
      const closed = ledger.close(windowOf(startMs), { live: true });
      for (const { samples, requests, bytes } of [closed, ledger.appendSelf(SELF, startMs + WINDOW_MS)]) {
        sum.samples += samples;
        sum.requests += requests;
        sum.requestBytes += bytes;
      }
    }
  }
  const fileBytes = statSync(join(stateDir, LEDGER_FILE)).size;
  return { windows, ...sum, fileBytes, wallSeconds: (performance.now() - startedMs) / 1000 };
}

const [stateDir = "", windows] = process.argv.slice(2);
console.log(JSON.stringify(fill(stateDir, Number(windows))));

// A ledger that outgrows its bound on a small disk, in an outage: what its commits cost, what is left of the backlog
// when the receiver is back, and what a process finds that wrote to a file which another one spoilt.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { LEDGER_FILE } from "../../src/buffer/database.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { BILLING_INTERVAL_MS } from "../../src/model/time.ts";
import { ledgerOptions, type Sample, takeSamples } from "../support/ledger-options.ts";
import { Mount } from "../support/mount.ts";
import { liveDescribe } from "../support/require-root.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { windowUsage } from "../support/window-usage.ts";

const MIB = 2 ** 20;
const START_MS = Date.UTC(2026, 9, 15, 12);
const HOSTS = 1_500;
const WINDOWS = 240;
/** The whole backlog is about 20 MiB; what is left of it when all is thinned that may be, a quarter of that. */
const ROOMY = { maxBytes: 12 * MIB, disk: "26m" };
const TIGHT = { maxBytes: 4 * MIB, disk: "18m" };

/** Bytes that nobody can compress well. */
const bytesOf = (window: number, host: number): number => ((window * 7_919 + host * 104_729) % 1_000_003) + 1;

function windowOf(window: number) {
  const rows = Array.from({ length: HOSTS }, (_, host) => ({
    ip: `10.1.${host >> 8}.${host & 255}`,
    bytesIn: bytesOf(window, host),
    bytesOut: bytesOf(host, window),
    packetsIn: host + 1,
  }));
  return windowUsage(START_MS + window * 60_000, rows);
}

/** Bytes received of each address at each end of an interval. */
function totalsAtEnds(samples: readonly Sample[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { labels, name, timeMs, value } of samples) {
    if (name === "acct_bytes_total" && labels["direction"] === "in" && (timeMs + 1) % BILLING_INTERVAL_MS === 0)
      found.set(`${labels["ip"]} ${timeMs}`, value);
  }
  return found;
}

/** Returns how many totals were there to be looked at. */
function expectExact(samples: readonly Sample[]): number {
  const totals = totalsAtEnds(samples);
  let checked = 0;
  for (let host = 0; host < HOSTS; host += 97) {
    const ip = `10.1.${host >> 8}.${host & 255}`;
    let sum = 0;
    for (let window = 0; window < WINDOWS; window++) {
      sum += bytesOf(window, host);
      const endMs = START_MS + (window + 1) * 60_000;
      const shown = totals.get(`${ip} ${endMs - 1}`);
      if (shown === undefined) continue;
      expect([ip, endMs, shown]).toEqual([ip, endMs, sum]);
      checked++;
    }
  }
  return checked;
}

/** Closes every window while no receiver answers. Returns the median duration of the last 50 commits. */
function outage(ledger: Ledger): number {
  const durations: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    durations.push(ledger.close(windowOf(window), { live: true }).durationMs);
  }
  return durations.slice(-50).sort((a, b) => a - b)[25] ?? 0;
}

liveDescribe("a ledger in an outage on a small disk", () => {
  it.each([
    ["thins its backlog, to the byte", ROOMY],
    ["loses the oldest after that", TIGHT],
  ])("%s, within its bound", { timeout: 300_000 }, async (_, { maxBytes, disk }) => {
    await using folder = await tempFolder();
    await using free = await tempFolder();
    using unbounded = new Ledger(ledgerOptions(free.path));
    await using small = await Mount.memory(folder.file("disk"), disk);
    using ledger = new Ledger(ledgerOptions(small.path, { maxBytes }));
    const [bounded, usual] = [outage(ledger), outage(unbounded)];
    const { usedBytes, dropped } = ledger.fill();
    expect(usedBytes).toBeLessThanOrEqual(maxBytes);
    expect(statSync(`${small.path}/${LEDGER_FILE}`).size).toBeLessThan(maxBytes + 2 * MIB);
    expect(dropped.thinned).toBeGreaterThan(0);
    expect(dropped.oldest > 0).toBe(maxBytes === TIGHT.maxBytes);
    // A commit that also makes room: at most half as long again, and 20 ms for a noisy machine.
    expect(bounded).toBeLessThan(1.5 * usual + 20);
    const all = Math.ceil(HOSTS / 97) * (WINDOWS / 5);
    const checked = expectExact(takeSamples(ledger));
    expect(checked).toBeGreaterThan(all / 2);
    expect(checked === all).toBe(dropped.oldest === 0);
  });
});

describe("a ledger that is spoilt while it is open", () => {
  it("says so, and is set aside by the next one even if this one ends cleanly", async () => {
    await using folder = await tempFolder();
    const file = folder.file(LEDGER_FILE);
    {
      using ledger = new Ledger(ledgerOptions(folder.path));
      for (let window = 0; window < 20; window++) ledger.close(windowOf(window), { live: true });
    }
    {
      using ledger = new Ledger(ledgerOptions(folder.path));
      const content = readFileSync(file);
      writeFileSync(file, content.fill(0x5a, 4_096));
      expect(() => {
        for (let window = 20; window < 40; window++) ledger.close(windowOf(window), { live: true });
      }).toThrow(
        /^\S+: the ledger is damaged \([^\n]+\); restart the agent, which sets it aside and begins an empty one$/,
      );
    }
    expect(existsSync(`${file}.suspect`)).toBe(true);
    using next = new Ledger(ledgerOptions(folder.path));
    expect(next.opening().setAside?.path).toMatch(/\.corrupt-/);
    expect(next.close(windowOf(40), { live: true })).toMatchObject({ alreadyThere: false });
  });
});

// kill -9 while a request is taken apart for one poisoned sample: whenever it comes, the receiver has every other sample
// with its one value, and the poison is a dead letter once.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";

import { Ledger } from "../../src/ledger/ledger.ts";
import { decodeBody, type ReceivedSample, Receiver, refusing, type Rule, seriesKey } from "../support/receiver.ts";
import { ledgerOptions, ledgerRows } from "../support/ledger-options.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";
import { windowUsage } from "../support/window-usage.ts";

const CHILD = fileURLToPath(new URL("ship-bisect-child.ts", import.meta.url));
const TIMEOUT_MS = 240_000;
const HOSTS = 100;
const WINDOWS = 3;
const MOST_ROUNDS = 10;
/** The empty request after which the poison is parked, counted from the first push with the poison on. */
const LAST_PUSH = 17;
/** From one kill to the next, so many pushes later. */
const STRIDE = 3;
/** A push, its answer and the next one. */
const AROUND_PUSH_MS = 6;
/** The same, and the commit that parks the poison. */
const AROUND_COMMIT_MS = 40;
const FIRST_MS = Math.floor((Date.now() - 3_600_000) / 300_000) * 300_000;

/** A ledger with requests of windows of 100 addresses, whose second window has the poisoned sample. */
function fill(stateDir: string): { readonly samples: ReceivedSample[]; readonly poison: ReceivedSample } {
  const rows = Array.from({ length: HOSTS }, (_, host) => ({ ip: `192.0.2.${host + 1}`, bytesIn: 1_000 + host }));
  using ledger = new Ledger(ledgerOptions(stateDir));
  for (let window = 0; window < WINDOWS; window++) {
    ledger.close(windowUsage(FIRST_MS + window * 60_000, rows), { live: true });
  }
  const bodies = ledgerRows(stateDir, "SELECT body FROM outbox ORDER BY id").map(({ body }) => body);
  const samples = bodies.flatMap((body) => {
    if (!Buffer.isBuffer(body)) throw new Error("a request without a body");
    return decodeBody(body).flatMap((one) => one.samples.map((sample) => ({ series: seriesKey(one), ...sample })));
  });
  const timestamp = FIRST_MS + 2 * 60_000 - 1;
  const poison = samples.find((one) => one.timestamp === timestamp && one.series.includes('ip="192.0.2.61"'));
  if (!poison) throw new Error("the poisoned sample is not there");
  return { samples, poison };
}

function ship({ path }: TempFolder, { url }: Receiver): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", CHILD, path, url], { stdio: ["ignore", "ignore", "inherit"] });
}

const key = ({ series, timestamp, value }: ReceivedSample): string => `${series} ${timestamp} ${value}`;

const isSame = (a: ReceivedSample, b: ReceivedSample): boolean => key(a) === key(b);

/** Samples as the test compares them, of what the receiver stored. */
function storedBy(receiver: Receiver): string[] {
  return [...receiver.samples].flatMap(([series, values]) =>
    [...values].map(([timestamp, value]) => key({ series, timestamp, value })),
  );
}

const letters = (stateDir: string) =>
  ledgerRows(stateDir, "SELECT series, value, timestamp_ms, code, words FROM dead_letter");

/** A receiver's rule that refuses the poison and counts a child's pushes from the first with it on. */
function counting(poison: ReceivedSample) {
  const refuse = refusing((sample) => isSame(sample, poison), { status: 400, body: "poison" });
  const count = { pushes: 0 };
  const rule: Rule = (request, number) => {
    const answer = refuse(request, number);
    if (answer !== null || count.pushes > 0) count.pushes += 1;
    return answer;
  };
  return { count, rule };
}

describe("a shipper that is killed while it takes a request apart", () => {
  it(
    "delivers all but the poison and parks that once, wherever it is killed",
    { timeout: TIMEOUT_MS },
    async ({ expect }) => {
      const random = new SeededRandom(testSeed());
      const repeat = `ACCT_AGENT_TEST_SEED=${random.seed}`;
      await using folder = await tempFolder();
      await using receiver = await Receiver.start();
      const { samples, poison } = fill(folder.path);
      const { count, rule } = counting(poison);
      receiver.rule = rule;
      let kills = 0;
      for (let round = 0; round < MOST_ROUNDS && letters(folder.path).length === 0; round++) {
        count.pushes = 0;
        const at = Math.min(LAST_PUSH, 1 + round * STRIDE);
        const child = ship(folder, receiver);
        const exited = once(child, "exit");
        await waitFor(`push ${at} in parts, ${repeat}`, () => count.pushes >= at || child.exitCode !== null, {
          intervalMs: 1,
        });
        await sleep(random.between(0, at === LAST_PUSH ? AROUND_COMMIT_MS : AROUND_PUSH_MS));
        child.kill("SIGKILL");
        const [, signal] = await exited;
        if (signal === "SIGKILL") kills += 1;
      }
      const [code] = await once(ship(folder, receiver), "exit");

      expect(kills, repeat).toBeGreaterThan(LAST_PUSH / STRIDE - 1);
      expect(code, repeat).toBe(0);
      expect(storedBy(receiver).toSorted(), repeat).toEqual(
        samples
          .filter((one) => !isSame(one, poison))
          .map(key)
          .toSorted(),
      );
      const { series, value, timestamp } = poison;
      const letter = { series, value: String(value), timestamp_ms: BigInt(timestamp), code: 400n, words: "poison" };
      expect(letters(folder.path), repeat).toEqual([letter]);
      expect(receiver.errors.filter(isAnotherValue), repeat).toEqual([]);
      expect(ledgerRows(folder.path, "SELECT count(*) AS n FROM outbox"), repeat).toEqual([{ n: 0n }]);
    },
  );
});

/** The other errors are connections that a kill cut. */
function isAnotherValue(error: unknown): boolean {
  return String(error).includes("another value");
}

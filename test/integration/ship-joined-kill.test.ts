// kill -9 while joined requests are under way: the resend is joined elsewhere, and says of each sample what was said before.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { Ledger } from "../../src/ledger/ledger.ts";
import { ledgerOptions, ledgerRows } from "../support/ledger-options.ts";
import {
  decodeBody,
  type ReceivedRequest,
  type ReceivedSample,
  type ReceivedSeries,
  Receiver,
  samplesOf,
  seriesKey,
} from "../support/receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";
import { windowUsage } from "../support/window-usage.ts";
import { gate } from "../unit/ship/ship-fixture.ts";

const CHILD = fileURLToPath(new URL("ship-joined-child.ts", import.meta.url));
const TIMEOUT_MS = 120_000;
const HOSTS = 100;
/** Samples for three joined requests. */
const WINDOWS = 120;
const FIRST_MS = Math.floor((Date.now() - WINDOWS * 60_000 - 3_600_000) / 300_000) * 300_000;
const NEVER = 0;

/** A ledger with windows of 100 addresses whose counters grow, and the agent's own metrics. Returns what is to be sent. */
function fill(stateDir: string): Set<string> {
  using ledger = new Ledger(ledgerOptions(stateDir));
  for (let window = 0; window < WINDOWS; window++) {
    const rows = Array.from({ length: HOSTS }, (_, host) => ({ ip: `192.0.2.${host}`, bytesIn: 1_000 + host }));
    const startMs = FIRST_MS + window * 60_000;
    ledger.close(windowUsage(startMs, rows), { live: true });
    ledger.appendSelf([{ name: "acct_agent_up", labels: {}, value: window }], startMs + 60_000);
  }
  const bodies = ledgerRows(stateDir, "SELECT body FROM outbox").map(({ body }) => body);
  return new Set(bodies.flatMap((body) => (Buffer.isBuffer(body) ? decodeBody(body).flatMap(keysOf) : [])));
}

const keyOf = ({ series, timestamp, value }: ReceivedSample): string => `${series} ${timestamp} ${value}`;

function keysOf(one: ReceivedSeries): string[] {
  return one.samples.map((sample) => keyOf({ series: seriesKey(one), ...sample }));
}

/** With counters of several windows; a probe has none. */
function isJoined({ series }: ReceivedRequest): boolean {
  return series.some((one) => one.samples.length > 1 && seriesKey(one).startsWith("acct_bytes_total{"));
}

function storedBy({ samples }: Receiver): Set<string> {
  return new Set(
    [...samples].flatMap(([series, values]) =>
      [...values].map(([timestamp, value]) => keyOf({ series, timestamp, value })),
    ),
  );
}

/** Ends by itself, or dies where the joined request of that number would be noted as accepted. */
function ship(stateDir: string, { url }: Receiver, joinedRequest: number): ChildProcess {
  const stdio = ["ignore", "ignore", "inherit"] as const;
  return spawn(process.execPath, ["--import", "tsx", CHILD, stateDir, url, String(joinedRequest)], {
    stdio: [...stdio],
  });
}

/** Kills a child whose first joined request has arrived; only then the receiver stores it. */
async function killUnanswered(stateDir: string, receiver: Receiver): Promise<void> {
  const { opened, open } = gate();
  const before = receiver.requests.length;
  const arrived = (): boolean => receiver.requests.slice(before).some(isJoined);
  receiver.rule = (request) => (isJoined(request) ? { status: 204, until: opened } : null);
  const child = ship(stateDir, receiver, NEVER);
  const exited = once(child, "exit");
  await waitFor("a joined request", arrived, { timeoutMs: 30_000 });
  child.kill("SIGKILL");
  await exited;
  receiver.rule = () => null;
  const unanswered = receiver.requests.slice(before).find(isJoined);
  open();
  const newest = newestOf(unanswered ? [unanswered] : []);
  await waitFor("it stored", () => [...receiver.samples.values()].some((values) => values.has(newest)));
}

function newestOf(requests: readonly ReceivedRequest[]): number {
  return Math.max(...requests.flatMap(samplesOf).map(({ timestamp }) => timestamp));
}

/** Pending requests of windows that are over at `timeMs`. */
function pendingUntil(stateDir: string, timeMs: number): number {
  const behind = `id > (SELECT cursor FROM endpoint) AND window_end_ms <= ${timeMs + 1}`;
  return Number(ledgerRows(stateDir, `SELECT count(*) AS n FROM outbox WHERE ${behind}`)[0]?.["n"]);
}

describe("a shipper that is killed while it sends joined requests", () => {
  it(
    "sends them again joined elsewhere, each sample with the value that it had",
    { timeout: TIMEOUT_MS },
    async ({ expect }) => {
      await using folder = await tempFolder();
      await using receiver = await Receiver.start();
      const samples = fill(folder.path);
      for (const joinedRequest of [1, 1, 2]) {
        const [, signal] = await once(ship(folder.path, receiver, joinedRequest), "exit");
        expect(signal).toBe("SIGKILL");
        // The last one was accepted, and the ledger does not know.
        const last = receiver.requests.slice(-1);
        expect(last.every(isJoined)).toBe(true);
        expect(pendingUntil(folder.path, newestOf(last))).toBeGreaterThan(10);
      }
      await killUnanswered(folder.path, receiver);
      const [code] = await once(ship(folder.path, receiver, NEVER), "exit");

      expect(code).toBe(0);
      expect(storedBy(receiver)).toEqual(samples);
      // Of what was accepted, and of what was sent.
      expect(receiver.errors.filter((error) => String(error).includes("another value"))).toEqual([]);
      expect(new Set(receiver.requests.flatMap(samplesOf).map(keyOf))).toEqual(samples);
      expect(ledgerRows(folder.path, "SELECT count(*) AS n FROM dead_letter")).toEqual([{ n: 0n }]);
      const joined = receiver.requests.filter(isJoined).map((request) => samplesOf(request).map(keyOf));
      const elsewhere = joined.filter((keys, index) => joined.slice(0, index).some((other) => overlaps(other, keys)));
      expect(elsewhere.length).toBeGreaterThan(2);
    },
  );
});

/** Whether some samples are in both, and others in one alone. */
function overlaps(one: readonly string[], other: readonly string[]): boolean {
  const known = new Set(one);
  const shared = other.filter((key) => known.has(key)).length;
  return shared > 0 && shared < Math.max(one.length, other.length);
}

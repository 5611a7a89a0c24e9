import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Endpoint } from "../../../src/ship/endpoint.ts";
import type { Outcome } from "../../../src/ship/outcome.ts";
import type { OutboxRequest } from "../../../src/ship/outbox.ts";
import { ShipMetrics } from "../../../src/ship/ship-metrics.ts";
import { createMetrics, selfSamples } from "../../../src/telemetry/metrics.ts";
import { memoryLog } from "./memory-log.ts";
import { MemoryOutbox } from "./memory-outbox.ts";

const START = Date.UTC(2026, 9, 16, 12, 0, 0);
const ACCEPTED: Outcome = { kind: "accepted" };
const BUSY: Outcome = { kind: "retry", reason: "HTTP 503", retryAfterMs: null };
const FORBIDDEN: Outcome = { kind: "hold", reason: "HTTP 403" };

interface Sent {
  readonly text: string;
  readonly attempt: number;
  /** Seconds since the start of the test. */
  readonly second: number;
}

function requestOf(id: number, windowEndMs = START): OutboxRequest {
  return { id, windowEndMs, kind: "counter", samples: 10, body: Buffer.from(`body ${id}`) };
}

/** A running endpoint on a schedule of ten seconds, with a client that plays `script` and then accepts. */
function start(script: Outcome[], ...requests: OutboxRequest[]) {
  const outbox = new MemoryOutbox();
  outbox.append(...requests);
  const sent: Sent[] = [];
  const client = {
    send: async (body: Uint8Array, attempt: number) => {
      sent.push({ text: Buffer.from(body).toString(), attempt, second: (Date.now() - START) / 1000 });
      const outcome = script.shift() ?? ACCEPTED;
      return { status: outcome.kind === "accepted" ? 204 : 503, outcome, words: "", skewMs: null };
    },
  };
  const { log, lines, headlines } = memoryLog();
  const registry = createMetrics();
  const metrics = new ShipMetrics(registry);
  const clock = { now: () => Date.now() };
  const options = {
    name: "central",
    schedule: "*/10 * * * * *",
    protobufMessage: "prometheus.WriteRequest",
    catchUp: "sequential",
  } as const;
  const endpoint = new Endpoint(options, { outbox, client, log, metrics, clock, random: () => 0.5 });
  const stop = new AbortController();
  const ended = endpoint.run(stop.signal);
  return { endpoint, outbox, sent, lines, headlines, registry, stop, ended };
}

async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1000);
}

async function metricValues(registry: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const samples = await selfSamples(registry);
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => [`${name} ${Object.values(labels).join(" ")}`, value]),
  );
}

describe("Endpoint", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(START);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sends nothing before its schedule says so, then everything in order", async () => {
    const { sent, outbox } = start([], requestOf(1), requestOf(2), requestOf(3));
    await seconds(9.9);
    expect(sent).toEqual([]);
    await seconds(0.1);
    expect(sent.map(({ text, attempt }) => [text, attempt])).toEqual([
      ["body 1", 0],
      ["body 2", 0],
      ["body 3", 0],
    ]);
    expect(outbox.pending("central")).toBe(0);
  });

  it("looks again at each run of its schedule", async () => {
    const { sent, outbox } = start([], requestOf(1));
    await seconds(10);
    outbox.append(requestOf(2));
    await seconds(9.9);
    expect(sent).toHaveLength(1);
    await seconds(0.1);
    expect(sent.map(({ second }) => second)).toEqual([10, 20]);
  });

  it("repeats a request with the same bytes after 1, 2, 4 ... 60 s, whatever the schedule, and counts attempts", async () => {
    const script = Array.from({ length: 8 }, () => BUSY);
    const { sent, outbox } = start(script, requestOf(1), requestOf(2));
    await seconds(300);
    expect(sent.map(({ second }) => second - 10)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 183]);
    expect(sent.slice(0, 9).map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(sent.slice(0, 9).map(({ text }) => text))).toEqual(new Set(["body 1"]));
    expect(sent[9]).toMatchObject({ text: "body 2", attempt: 0 });
    expect(outbox.pending("central")).toBe(0);
  });

  it("starts the back-off at 1 s again after a success", async () => {
    const { sent } = start([BUSY, BUSY, ACCEPTED, BUSY], requestOf(1), requestOf(2));
    await seconds(60);
    expect(sent.map(({ second }) => second - 10)).toEqual([0, 1, 3, 3, 4]);
  });

  it("waits as long as Retry-After says", async () => {
    const { sent } = start([{ ...BUSY, retryAfterMs: 45_000 }], requestOf(1));
    await seconds(100);
    expect(sent.map(({ second }) => second)).toEqual([10, 55]);
  });

  it("keeps the request and probes each minute while an operator has to act, with one error in the log", async () => {
    const script = [FORBIDDEN, FORBIDDEN, FORBIDDEN];
    const { sent, outbox, headlines, endpoint } = start(script, requestOf(1), requestOf(2));
    await seconds(189);
    expect(sent.map(({ text, second }) => [text, second])).toEqual([
      ["body 1", 10],
      ["body 1", 70],
      ["body 1", 130],
    ]);
    expect(outbox.pending("central")).toBe(2);
    expect(endpoint.state).toMatchObject({ state: "holding", lastError: "HTTP 403" });
    expect(headlines()).toEqual(["error: request not accepted, holding it until an operator acts"]);
    await seconds(1);
    expect(outbox.pending("central")).toBe(0);
    expect(headlines()[1]).toBe("info: endpoint accepts requests again");
  });

  it("logs an error again when the reason changes", async () => {
    const script: Outcome[] = [FORBIDDEN, FORBIDDEN, { kind: "hold", reason: "HTTP 404" }];
    const { lines } = start(script, requestOf(1));
    await seconds(180);
    const errors = lines.filter((line) => line.level === "error");
    expect(errors.map((line) => line.reason)).toEqual(["HTTP 403", "HTTP 404"]);
    expect(errors[0]).toMatchObject({ stage: "ship", endpoint: "central", outcome: "hold", wait_ms: 60_000 });
  });

  it("warns of the first failure, tells of the recovery, and keeps repeats to debug", async () => {
    const { lines, headlines, endpoint } = start([BUSY, BUSY, BUSY], requestOf(1));
    await seconds(12);
    expect(endpoint.state).toEqual({ name: "central", state: "retrying", lastError: "HTTP 503", lastSuccessMs: null });
    await seconds(60);
    expect(headlines()).toEqual(["warn: request not accepted, retrying", "info: endpoint accepts requests again"]);
    expect(lines.filter((line) => line.level === "debug")).toHaveLength(2);
    expect(lines.at(-1)?.failures).toBe(3);
    expect(endpoint.state).toEqual({ name: "central", state: "idle", lastError: null, lastSuccessMs: START + 17_000 });
  });

  it("does not push a window that ends more than 60 s ahead until the clock gets there", async () => {
    const end = START + 10_000 + 60_000 + 1;
    const { sent, outbox, endpoint, headlines } = start([], requestOf(1, end), requestOf(2));
    await seconds(69);
    expect(sent).toEqual([]);
    expect(endpoint.state.lastError).toContain("in the future");
    expect(headlines()).toHaveLength(1);
    await seconds(1);
    expect(sent.map(({ text }) => text)).toEqual(["body 1", "body 2"]);
    expect(outbox.pending("central")).toBe(0);
  });

  it("pushes a window that ends exactly 60 s ahead", async () => {
    const { sent } = start([], requestOf(1, START + 10_000 + 60_000));
    await seconds(10);
    expect(sent).toHaveLength(1);
  });

  it("goes on when the outbox cannot be read for a while", async () => {
    const { outbox, sent, lines } = start([], requestOf(1));
    outbox.failures.push({ method: "next", error: new Error("database is locked") });
    await seconds(30);
    expect(sent.map(({ second }) => second)).toEqual([11]);
    expect(lines[0]).toMatchObject({ level: "warn", reason: "outbox: database is locked" });
  });

  it("stores an acceptance that could not be stored at first, pushes nothing again, and counts once", async () => {
    const { outbox, sent, registry } = start([], requestOf(1));
    outbox.failures.push({ method: "accepted", error: new Error("disk is full") });
    await seconds(30);
    expect(sent.map(({ text, attempt }) => [text, attempt])).toEqual([["body 1", 0]]);
    expect(outbox.pending("central")).toBe(0);
    expect(await metricValues(registry)).toMatchObject({ "acct_ship_samples_accepted_total central": 10 });
  });

  it("measures what it does", async () => {
    const { registry } = start([BUSY], requestOf(1), requestOf(2));
    expect(await metricValues(registry)).toMatchObject({ "acct_ship_samples_accepted_total central": 0 });
    await seconds(30);
    expect(await metricValues(registry)).toMatchObject({
      "acct_ship_samples_accepted_total central": 20,
      "acct_ship_requests_total central 204": 2,
      "acct_ship_requests_total central 503": 1,
      "acct_ship_retries_total central": 1,
      "acct_ship_sent_bytes_total central": 18,
      "acct_ship_request_duration_seconds_count central": 3,
      "acct_ship_last_success_timestamp_seconds central": START / 1000 + 11,
    });
  });

  it("ends in the middle of a back-off, and sends nothing after", async () => {
    const { stop, ended, sent } = start([BUSY, BUSY, BUSY], requestOf(1));
    await seconds(10);
    stop.abort();
    await ended;
    await seconds(100);
    expect(sent).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

// What a receiver may say, against a real loopback receiver: what is finally stored, once for each series and time, what
// is parked, and what the metrics, the log and the status say of it.

import { describe, expect, it } from "vitest";
import { selfSamples } from "../../src/telemetry/metrics.ts";
import { type Answer, Receiver, refusing, refusingLarge, refusingPartly, type Rule } from "../support/receiver.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, gate, requestWith, seriesOf, startShipper } from "../unit/ship/ship-fixture.ts";

const LONG = { timeoutMs: 90_000 };

function names(count: number, prefix = "s"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

function refusingSeries(bad: readonly string[], answer: Answer): Rule {
  const series = new Set(bad.map(seriesOf));
  return refusing((sample) => series.has(sample.series), answer);
}

type Ship = ReturnType<typeof startShipper>;

async function delivered(ship: Ship, endpoint = "central"): Promise<void> {
  await waitFor("an empty outbox", () => ship.outbox.pending(endpoint) === 0, LONG);
}

function parked(ship: Ship): string[] {
  return ship.outbox.parked.map(({ series }) => series);
}

/** Series, and how many times of each: a second value at one time would be among the receiver's errors. */
function stored(receiver: Receiver): string[] {
  expect(receiver.errors).toEqual([]);
  return [...receiver.samples].map(([series, samples]) => `${series} ${[...samples.values()].join(" ")}`).sort();
}

function expected(id: number, all: readonly string[], bad: readonly string[] = []): string[] {
  return all.filter((name) => !bad.includes(name)).map((name) => `${seriesOf(name)} ${id}`);
}

async function metric(ship: Ship, name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const samples = await selfSamples(ship.metrics);
  const wanted = { endpoint: "central", ...labels };
  const found = samples.find((sample) => {
    return sample.name === name && Object.entries(wanted).every(([key, value]) => sample.labels[key] === value);
  });
  return found?.value;
}

describe.concurrent("a sample that the receiver refuses", () => {
  it.each([
    [400, "all or nothing", refusing],
    [409, "storing the rest, as Thanos does", refusingPartly],
    [400, "storing the rest, as Mimir does", refusingPartly],
    [422, "all or nothing", refusing],
  ])("with %i, %s, is parked, and everything else is delivered", async (status, _, rule) => {
    await using receiver = await Receiver.start();
    const bad = ["b3", "b4", "b40"];
    receiver.rule = rule((sample) => bad.map(seriesOf).includes(sample.series), { status, body: "no\nthanks" });
    const [first, second, third] = [names(10, "a"), names(50, "b"), names(10, "c")];
    const requests = [requestWith(1, first), requestWith(2, second), requestWith(3, third)];
    await using ship = startShipper([endpointOf(receiver.url)], ...requests);
    await delivered(ship);
    expect(stored(receiver)).toEqual(
      [...expected(1, first), ...expected(2, second, bad), ...expected(3, third)].sort(),
    );
    expect(parked(ship)).toEqual(bad.map(seriesOf));
    expect(ship.outbox.parked[0]).toMatchObject({ endpoint: "central", request: 2, code: status, words: "no\nthanks" });
    expect(await metric(ship, "acct_ship_samples_accepted_total")).toBe(67);
    expect(await metric(ship, "acct_ship_samples_rejected_total", { code: String(status) })).toBe(3);
    expect(await metric(ship, "acct_ship_bisections_total")).toBe(1);
    expect(ship.headlines()).toEqual([
      "warn: request not accepted as it is, sending it in parts",
      "warn: samples not accepted: they are kept as dead letters",
    ]);
    const facts = { request: 2, accepted: 47, rejected: 3, code: status, said: "no thanks", endpoint: "central" };
    expect(ship.lines[1]).toMatchObject(facts);
    expect(ship.shipper.state()).toMatchObject([{ state: "idle", lastError: null }]);
  });

  it("is every one of a request: all are parked with one line, and the queue goes on", async () => {
    await using receiver = await Receiver.start();
    const old = names(500, "old");
    receiver.rule = refusingSeries(old, { status: 400, body: "out of bounds" });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, old), requestWith(2, ["next"]));
    await delivered(ship);
    expect(parked(ship)).toEqual(old.map(seriesOf));
    expect(stored(receiver)).toEqual(expected(2, ["next"]));
    expect(ship.headlines()).toHaveLength(2);
    expect(receiver.requests.length).toBeLessThan(550);
  });

  it("is parked once when the ledger cannot store it at first, and nothing of it is pushed again", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingSeries(["b"], { status: 400 });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, ["a", "b"]));
    ship.outbox.failures.push({ method: "park", error: new Error("disk is full") });
    await delivered(ship);
    expect(parked(ship)).toEqual([seriesOf("b")]);
    expect(await metric(ship, "acct_ship_samples_rejected_total", { code: "400" })).toBe(1);
    const pushedAfterIt = receiver.requests.slice(-2).map(({ series }) => series.length);
    expect(pushedAfterIt).toEqual([0, 0]);
  });

  it("says no more than 200 characters in the log, and keeps a KiB", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingSeries(["b"], { status: 400, body: "x".repeat(5000) });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, ["a", "b"]));
    await delivered(ship);
    expect(ship.outbox.parked[0]?.words).toBe("x".repeat(1024));
    for (const line of ship.lines) expect(JSON.stringify(line)).not.toContain("x".repeat(201));
  });

  it("holds up no other endpoint, and the status tells that it is being looked for", async () => {
    await using slow = await Receiver.start();
    await using other = await Receiver.start();
    const { opened, open } = gate();
    const rule = refusingSeries(["s1"], { status: 400, body: "bad" });
    slow.rule = (request, number) =>
      rule(request, number) ?? { status: 204, until: number > 3 ? opened : Promise.resolve() };
    const endpoints = [endpointOf(slow.url), endpointOf(other.url, { name: "other" })];
    await using ship = startShipper(endpoints, requestWith(1, names(4)), requestWith(2, ["next"]));
    await delivered(ship, "other");
    await waitFor("the bisection", () => slow.requests.length > 3);
    expect(ship.shipper.state()[0]).toMatchObject({ state: "bisecting", lastError: "HTTP 400: bad" });
    open();
    await delivered(ship);
    expect(stored(other)).toEqual([...expected(2, ["next"]), ...expected(1, names(4))].sort());
  });
});

describe.concurrent("a receiver that is not well", () => {
  it("and refuses an empty request too, parks nothing and keeps everything", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = () => ({ status: 400, body: "misconfigured" });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, names(4)));
    await waitFor("the endpoint to hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(ship.shipper.state()[0]?.lastError).toContain("an empty request is refused too");
    expect(ship.outbox.pending("central")).toBe(1);
    expect(receiver.requests).toHaveLength(2);
    expect(ship.headlines()).toEqual(["error: request not accepted, holding it until an operator acts"]);
  });

  it.each<[string, Answer]>([
    ["503", { status: 503 }],
    ["a connection reset before the body was read", { status: 204, drop: "before-body" }],
    ["a connection reset after the samples were stored", { status: 200, drop: "before-answer" }],
    ["an answer that breaks off", { status: 200, drop: "mid-answer" }],
    ["an answer that drips for longer than the time-out", { status: 204, body: "slow", dripMs: 500 }],
  ])("in the middle of a bisection: %s is waited for, and the part pushed again", async (_, broken) => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingSeries(["s6"], { status: 400 });
    const { opened, open } = gate();
    // The request, the canary, the first half.
    receiver.script({ status: 400, stores: () => false }, { status: 204 }, { ...broken, until: opened });
    const endpoint = endpointOf(receiver.url, { timeoutMs: 1000 });
    await using ship = startShipper([endpoint], requestWith(1, names(8)), requestWith(2, ["next"]));
    open();
    await delivered(ship);
    // A connection that is cut is among the receiver's errors.
    receiver.errors.length = 0;
    expect(stored(receiver)).toEqual([...expected(2, ["next"]), ...expected(1, names(8), ["s6"])].sort());
    expect(parked(ship)).toEqual([seriesOf("s6")]);
    expect(await metric(ship, "acct_ship_samples_retried_total")).toBe(4);
    expect(ship.headlines()).toContain("warn: request not accepted, retrying");
  });

  it("that answers 500 for one sample for half a minute: it is parked, the rest delivered", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingSeries(["s2"], { status: 500, body: "too old sample" });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, names(8)), requestWith(2, ["next"]));
    await delivered(ship);
    expect(parked(ship)).toEqual([seriesOf("s2")]);
    expect(stored(receiver)).toEqual([...expected(2, ["next"]), ...expected(1, names(8), ["s2"])].sort());
    expect(await metric(ship, "acct_ship_samples_rejected_total", { code: "500" })).toBe(1);
  });

  it("is let go within 5 s of a stop in the middle of a bisection; the next agent starts it over", async () => {
    await using receiver = await Receiver.start();
    const { opened, open } = gate();
    const rule = refusingSeries(["s2"], { status: 400 });
    receiver.rule = (request, number) => (number === 6 ? { status: 400, until: opened } : rule(request, number));
    const requests = [requestWith(1, names(64)), requestWith(2, ["next"])];
    await using ship = startShipper([endpointOf(receiver.url, { timeoutMs: 60_000 })], ...requests);
    await waitFor("the sixth push", () => receiver.requests.length === 6);
    const startMs = performance.now();
    await ship.stop();
    expect(performance.now() - startMs).toBeLessThan(6_000);
    open();
    expect([parked(ship), ship.outbox.pending("central")]).toEqual([[], 2]);
    await using next = startShipper([endpointOf(receiver.url)], ...requests);
    await delivered(next);
    expect(parked(next)).toEqual([seriesOf("s2")]);
    expect(stored(receiver)).toEqual([...expected(2, ["next"]), ...expected(1, names(64), ["s2"])].sort());
  });

  it("whose clock is another one is told of once", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = () => ({ status: 204, headers: { date: new Date(Date.now() - 60_000).toUTCString() } });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, ["a"]), requestWith(2, ["b"]));
    await delivered(ship);
    expect(await metric(ship, "acct_ship_clock_skew_seconds")).toBeCloseTo(60, -1);
    expect(ship.headlines()).toEqual(["warn: this host's clock and the receiver's differ: synchronise them"]);
  });
});

describe.concurrent("a request that is too large", () => {
  it("goes in parts, and so do the next ones before they fail", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingLarge(10, { status: 413 });
    const [first, second] = [names(40, "a"), names(20, "b")];
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, first), requestWith(2, second));
    await delivered(ship);
    expect(stored(receiver)).toEqual([...expected(1, first), ...expected(2, second)].sort());
    expect(receiver.requests.map(({ series }) => series.length)).toEqual([40, 20, 10, 10, 10, 10, 10, 10]);
    expect(await metric(ship, "acct_ship_bisections_total")).toBe(1);
    expect(ship.headlines()).toEqual([
      "warn: request not accepted as it is, sending it in parts",
      "info: request accepted in parts",
    ]);
  });

  it("with 429 three times goes in halves", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusingLarge(2, { status: 429, headers: { "retry-after": "1" } });
    await using ship = startShipper([endpointOf(receiver.url)], requestWith(1, names(4)));
    await delivered(ship);
    expect(stored(receiver)).toEqual(expected(1, names(4)));
    expect(receiver.requests.map(({ series }) => series.length)).toEqual([4, 4, 4, 2, 2]);
    expect(parked(ship)).toEqual([]);
  });
});

describe.concurrent("random poison in random requests", () => {
  it("leaves everything else stored, in the order of the requests", async () => {
    const random = new SeededRandom(testSeed());
    const codes = [400, 409, 413, 422];
    const bad = new Map<string, number>();
    const requests = Array.from({ length: 25 }, (_, index) => {
      const all = names(random.whole(1, 60), `r${index}-`);
      const probability = random.chance(0.3) ? 0 : random.between(0, 1) ** 3;
      for (const name of all) if (random.chance(probability)) bad.set(seriesOf(name), codes[random.whole(0, 3)] ?? 400);
      return requestWith(index + 1, all);
    });
    await using receiver = await Receiver.start();
    const stumble = new SeededRandom(random.seed + 1);
    receiver.rule = ({ series }) => {
      const refused = series.map((one) => bad.get(seriesOf(one.labels.find(({ name }) => name === "id")?.value ?? "")));
      const status = refused.find((code) => code !== undefined);
      if (status !== undefined) return { status, body: "bad" };
      return stumble.chance(0.004) ? { status: 503 } : null;
    };
    await using ship = startShipper([endpointOf(receiver.url)], ...requests);
    await delivered(ship);
    const { seed } = random;
    expect({ seed, parked: parked(ship) }).toEqual({ seed, parked: [...bad.keys()] });
    const total = requests.reduce((sum, { samples }) => sum + samples, 0) - bad.size;
    const counted = await metric(ship, "acct_ship_samples_accepted_total");
    expect({ seed, stored: receiver.samples.size, counted }).toEqual({ seed, stored: total, counted: total });
    // Values are the requests' ids, in the order in which series were first stored.
    const order = [...receiver.samples.values()].map((samples) => [...samples.values()][0] ?? 0);
    expect({ seed, order }).toEqual({ seed, order: order.toSorted((a, b) => a - b) });
  });
});

// One request against a receiver in the test's own process, with a clock that each wait moves on.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waitAfterMs } from "../../../src/ship/backoff.ts";
import { EMPTY_REQUEST } from "../../../src/ship/cut-request.ts";
import { Delivery, type Step } from "../../../src/ship/delivery.ts";
import { classify } from "../../../src/ship/outcome.ts";
import type { OutboxRequest } from "../../../src/ship/outbox.ts";
import { PartSize } from "../../../src/ship/part-size.ts";
import { ProvenStatus } from "../../../src/ship/proven-status.ts";
import { decodeBody } from "../../support/receiver.ts";
import { requestWith } from "./ship-fixture.ts";

/** [status, words] for a push of the samples with these names; none for the canary. */
type Respond = (names: readonly string[], nowMs: number) => readonly [status: number, words?: string];

const START = Date.UTC(2026, 9, 16, 12, 0, 0);
const OK = [204] as const;
const TOO_OLD = [500, "too old sample\n"] as const;
const WAL_FULL = [500, "write to WAL: log samples: write data/wal/00000001: no space left on device\n"] as const;

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `s${index}`);
}

function play(respond: Respond, partSize = new PartSize()) {
  let nowMs = START;
  const clock = { now: () => nowMs };
  const pushes: string[][] = [];
  const stored = new Set<string>();
  const begun: string[] = [];
  const push = async ({ body }: { body: Uint8Array }) => {
    const sent = decodeBody(body).map((series) => series.labels.find(({ name }) => name === "id")?.value ?? "");
    expect(sent.length > 0 || body === EMPTY_REQUEST).toBe(true);
    pushes.push(sent);
    const [status, words = ""] = respond(sent, nowMs);
    if (status < 300) sent.forEach((name) => stored.add(name));
    const outcome = classify({ status, headers: {}, body: words }, nowMs);
    return { status, words, outcome, skewMs: null };
  };
  const begins = (reason: string): number => begun.push(reason);
  const proven = new ProvenStatus();
  const deliveryOf = (request: OutboxRequest): Delivery =>
    new Delivery(request, { pusher: { push }, partSize, proven, clock, begins: (reason) => void begins(reason) });
  /** Steps, and waits as an endpoint does, until the request is resolved or `untilMs` have passed. */
  const run = async (delivery: Delivery, untilMs = 3_600_000): Promise<Step> => {
    const stop = new AbortController().signal;
    const endMs = nowMs + untilMs;
    for (let failures = 0; ;) {
      const step = await delivery.step(stop);
      if (step.kind === "resolved") return step;
      failures = step.kind === "retry" || step.kind === "hold" ? failures + 1 : 0;
      if (step.kind === "retry" || step.kind === "hold") nowMs += waitAfterMs(step, failures, 0.5);
      if (nowMs >= endMs) return step;
    }
  };
  const poison = (delivery: Delivery): string[] => delivery.refused.map(({ series }) => series.slice(21, -2));
  return {
    pushes,
    stored,
    begun,
    deliveryOf,
    run,
    poison,
    partSize,
    elapsedMs: () => nowMs - START,
    pass: (ms: number) => (nowMs += ms),
  };
}

const refusing = (bad: readonly string[], answer: readonly [number, string?]): Respond => {
  return (sent) => (sent.some((name) => bad.includes(name)) ? answer : OK);
};

describe("a request with poison", () => {
  it("is delivered but for exactly the poison, whatever it is and however the rest is spread", async () => {
    const poisonous = fc
      .integer({ min: 1, max: 120 })
      .chain((count) => fc.record({ all: fc.constant(names(count)), bad: fc.subarray(names(count)) }));
    const code = fc.constantFrom(400, 409, 422);
    await fc.assert(
      fc.asyncProperty(
        poisonous,
        code,
        fc.option(fc.integer({ min: 1, max: 50 })),
        async ({ all, bad }, status, most) => {
          const refuse = refusing(bad, [status, "bad"]);
          const played = play((sent, now) => (most !== null && sent.length > most ? [413] : refuse(sent, now)));
          const delivery = played.deliveryOf(requestWith(1, all));
          await played.run(delivery);
          expect(played.poison(delivery)).toEqual(bad);
          expect([...played.stored]).toEqual(all.filter((name) => !bad.includes(name)));
          expect(played.pushes.length).toBeLessThanOrEqual(2 * all.length + Math.min(64, bad.length) + 10);
          expect(played.elapsedMs()).toBe(0);
        },
      ),
    );
  });

  it("keeps of each sample what the receiver said of it alone, and a request to send it", async () => {
    const played = play((sent) => {
      if (sent.length === 0 || !sent.some((name) => ["s1", "s6"].includes(name))) return OK;
      return sent.length === 1 ? [409, `about ${sent[0]}`] : [400, "about many"];
    });
    const delivery = played.deliveryOf(requestWith(7, names(8)));
    await played.run(delivery);
    expect(delivery.refused).toMatchObject([
      { index: 1, code: 409, words: "about s1", refusedMs: START, series: 'acct_bytes_total{id="s1"}', value: "7" },
      { index: 6, code: 409, words: "about s6" },
    ]);
    const [first] = delivery.refused;
    expect(decodeBody(first?.body ?? EMPTY_REQUEST)).toMatchObject([{ samples: [{ value: 7 }] }]);
    expect(first?.timestampMs).toBe(delivery.request.windowEndMs - 1);
  });

  it("is not taken apart while the receiver refuses an empty request too", async () => {
    const played = play(() => [400, "not here"]);
    const delivery = played.deliveryOf(requestWith(1, names(8)));
    const reason = "HTTP 400: not here; an empty request is refused too: HTTP 400: not here";
    expect(await played.run(delivery, 600_000)).toEqual({ kind: "hold", reason });
    expect(new Set(played.pushes.map(({ length }) => length))).toEqual(new Set([8, 0]));
    expect(played.begun).toEqual([]);
  });

  it("starts over when the receiver breaks while it is taken apart: nothing good is parked", async () => {
    let broken = false;
    let pushes = 0;
    const played = play((sent, nowMs) => {
      pushes += 1;
      if (pushes === 5) broken = true;
      if (nowMs > START + 59_000) broken = false;
      return broken ? [400, "misconfigured"] : refusing(["s3"], [400, "bad"])(sent, nowMs);
    });
    const delivery = played.deliveryOf(requestWith(1, names(16)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(["s3"]);
    expect(played.stored.size).toBe(15);
  });

  it("parks nothing that a receiver refused in a bad moment only", async () => {
    let pushes = 0;
    const played = play((sent, nowMs) => {
      pushes += 1;
      return pushes > 4 && pushes < 20 && sent.length > 0 ? [400, "oops"] : refusing(["s3"], [400, "bad"])(sent, nowMs);
    });
    const delivery = played.deliveryOf(requestWith(1, names(16)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(["s3"]);
    expect(played.stored.size).toBe(15);
  });

  it("that nothing in it can be cut from is held", async () => {
    const played = play((sent) => (sent.length === 0 ? OK : [400, "bad"]));
    const request = { ...requestWith(1, names(3)), samples: 4 };
    const reason = "request 1 cannot be taken apart: it has 3 samples, not 4";
    expect(await played.run(played.deliveryOf(request), 1)).toEqual({ kind: "hold", reason });
  });
});

describe("the same 5xx again and again", () => {
  it("is about a sample, where the rest gets through: after 30 s the poison is found, each pushed twice", async () => {
    const played = play(refusing(["s5", "s9"], [500, "whatever"]));
    const delivery = played.deliveryOf(requestWith(1, names(16)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(["s5", "s9"]);
    expect(played.stored.size).toBe(14);
    expect(played.elapsedMs()).toBe(31_000);
    expect(played.pushes.filter(([name, ...others]) => name === "s5" && others.length === 0)).toHaveLength(2);
  });

  it("is about all of them, where the words are those of a sample", async () => {
    const played = play((sent) => (sent.length === 0 ? OK : TOO_OLD));
    const delivery = played.deliveryOf(requestWith(1, names(40)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(names(40));
    expect(played.elapsedMs()).toBe(31_000);
  });

  it("is waited for once: for ten minutes the next requests are taken apart at the first such answer", async () => {
    const played = play(refusing(["s2"], [500, "whatever"]));
    const deliver = async (id: number): Promise<number> => {
      const beganMs = played.elapsedMs();
      const delivery = played.deliveryOf(requestWith(id, names(8)));
      await played.run(delivery);
      expect(played.poison(delivery)).toEqual(["s2"]);
      return played.elapsedMs() - beganMs;
    };
    expect(await deliver(1)).toBe(31_000);
    expect(await deliver(2)).toBe(0);
    played.pass(599_999);
    expect(await deliver(3)).toBe(0);
    played.pass(600_000);
    expect(await deliver(4)).toBe(31_000);
  });

  it("of a disk that fills up after it was proven parks nothing, and is to be proven anew", async () => {
    let full = false;
    const played = play((sent, nowMs) => {
      if (full && sent.length > 0 && nowMs < START + 600_000) return WAL_FULL;
      return refusing(["s2"], TOO_OLD)(sent, nowMs);
    });
    await played.run(played.deliveryOf(requestWith(1, names(8))));
    full = true;
    const second = played.deliveryOf(requestWith(2, names(8)));
    expect(await played.run(second, 1)).toMatchObject({ kind: "hold", reason: expect.stringContaining("no space") });
    const heldMs = played.elapsedMs();
    await played.run(second);
    expect(played.poison(second)).toEqual(["s2"]);
    expect(played.elapsedMs() - heldMs).toBeGreaterThan(30_000);
  });

  it("is about the receiver, where nothing gets through and its words are not of a sample: a full disk parks nothing", async () => {
    const played = play((sent, nowMs) => (sent.length > 0 && nowMs < START + 1_200_000 ? WAL_FULL : OK));
    const delivery = played.deliveryOf(requestWith(1, names(40)));
    const step = await played.run(delivery, 60_000);
    expect(step).toMatchObject({ kind: "hold", reason: expect.stringMatching(/^HTTP 500 for every sample.*no space/) });
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual([]);
    expect(played.stored.size).toBe(40);
    expect(played.pushes.length).toBeLessThan(200);
  });

  it("of a disk that fills up while a request is taken apart parks nothing good", async () => {
    let pushes = 0;
    const played = play((sent, nowMs) => {
      if (sent.length > 0 && nowMs >= START + 31_000) pushes += 1;
      if (sent.length > 0 && pushes > 4 && nowMs < START + 300_000) return WAL_FULL;
      return refusing(["s30"], [500, "x"])(sent, nowMs);
    });
    const delivery = played.deliveryOf(requestWith(1, names(32)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(["s30"]);
    expect(played.stored.size).toBe(31);
  });

  it("that comes now and then is waited for: a sample that gets through at its second push is no poison", async () => {
    let single = 0;
    const played = play((sent, nowMs) => {
      if (sent.length === 1 && sent[0] === "s0") single += 1;
      if (sent.includes("s0") && single < 2) return [500, "sporadic"];
      return refusing(["s7"], [500, "x"])(sent, nowMs);
    });
    const delivery = played.deliveryOf(requestWith(1, names(8)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(["s7"]);
    expect(played.stored.has("s0")).toBe(true);
  });

  it.each([502, 503, 504])(
    "is never about a sample with %i, nor while an empty request gets it too",
    async (status) => {
      const gateway = play((sent) => (sent.length === 0 ? OK : [status]));
      expect(await gateway.run(gateway.deliveryOf(requestWith(1, names(4))))).toMatchObject({ kind: "retry" });
      expect(new Set(gateway.pushes.map(({ length }) => length))).toEqual(new Set([4]));
      const down = play(() => [500, "too old sample"]);
      expect(await down.run(down.deliveryOf(requestWith(1, names(4))))).toMatchObject({ kind: "retry" });
      expect(down.begun).toEqual([]);
    },
  );

  it("is not counted as the same when another answer comes between", async () => {
    let pushes = 0;
    const played = play((sent) => (sent.length === 0 ? OK : [pushes++ % 2 === 0 ? 500 : 507]));
    expect(await played.run(played.deliveryOf(requestWith(1, names(4))))).toMatchObject({ kind: "retry" });
    expect(played.begun).toEqual([]);
  });
});

describe("a request that is too large", () => {
  it("goes in halves without a canary, and the next ones at once in what got through, for an hour", async () => {
    const most = 10;
    const played = play((sent) => (sent.length > most ? [413, "too large"] : OK));
    await played.run(played.deliveryOf(requestWith(1, names(64))));
    expect(played.pushes.map(({ length }) => length)).toEqual([64, 32, 16, 8, 8, 8, 8, 8, 8, 8, 8]);
    played.pushes.length = 0;
    await played.run(played.deliveryOf(requestWith(2, names(20))));
    expect(played.pushes.map(({ length }) => length)).toEqual([8, 8, 4]);
    expect(played.begun).toEqual(["HTTP 413: too large"]);
    expect(played.partSize.at(START + 3_599_999)).toBe(8);
    expect(played.partSize.at(START + 3_600_000)).toBe(Infinity);
  });

  it("is told by its parts, where the receiver says 400: all of them get through", async () => {
    const played = play((sent) => (sent.length > 10 ? [400, "too big"] : OK));
    await played.run(played.deliveryOf(requestWith(1, names(64))));
    expect(played.partSize.at(START)).toBe(8);
    expect(played.stored.size).toBe(64);
  });

  it("parks a sample that is too large by itself", async () => {
    const played = play(refusing(["s2"], [413, "too large"]));
    const delivery = played.deliveryOf(requestWith(1, names(4)));
    await played.run(delivery);
    expect(played.poison(delivery)).toEqual(["s2"]);
    expect(delivery.refused[0]?.code).toBe(413);
  });

  it("is cut after the third 429 in a row, each of them waited for", async () => {
    const played = play((sent) => (sent.length > 2 ? [429, "burst"] : OK));
    const delivery = played.deliveryOf(requestWith(1, names(4)));
    await played.run(delivery);
    expect(played.pushes.map(({ length }) => length)).toEqual([4, 4, 4, 2, 2]);
    expect(played.elapsedMs()).toBe(7_000);
    expect(delivery.refused).toEqual([]);
    expect(played.partSize.at(START + 7_000)).toBe(2);
  });

  it("waits for 429 where it is a single sample", async () => {
    const played = play((_, nowMs) => (nowMs < START + 600_000 ? [429, "later"] : OK));
    const delivery = played.deliveryOf(requestWith(1, names(1)));
    await played.run(delivery);
    expect(new Set(played.pushes.map(({ length }) => length))).toEqual(new Set([1]));
    expect(played.stored).toEqual(new Set(["s0"]));
    expect(delivery.refused).toEqual([]);
  });
});

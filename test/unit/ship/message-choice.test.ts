import { describe, expect, it } from "vitest";
import type { ProtobufMessage } from "../../../src/ship/endpoint-options.ts";
import { type Answered, type Encoded, MessageChoice } from "../../../src/ship/message-choice.ts";
import { classify } from "../../../src/ship/outcome.ts";
import { requestOf } from "./ship-fixture.ts";

type Reply = readonly [status: number, body?: string, headers?: Readonly<Record<string, string>>];

const WRITTEN = { "x-prometheus-remote-write-samples-written": "1" };
const GONE: Answered = { answer: null, outcome: { kind: "retry", reason: "ECONNREFUSED", retryAfterMs: null } };

/** Delivers one sample to a receiver that answers each message so; null is no answer. */
function choose(replies: Readonly<Record<"v1" | "v2", Reply | null>>, message: ProtobufMessage) {
  const events: string[] = [];
  const sent: string[] = [];
  const fellBack = (reason: string): number => events.push(reason);
  const choice = new MessageChoice(message, { fellBack, short: () => events.push("short") });
  const send = async ({ version }: Encoded): Promise<Answered> => {
    sent.push(version);
    const reply = replies[version === "2.0.0" ? "v2" : "v1"];
    if (reply === null) return GONE;
    const [status, body = "", headers = {}] = reply;
    const answer = { status, headers, body, skewMs: null };
    return { answer, outcome: classify(answer, 0) };
  };
  return { events, sent, choice, deliver: () => choice.deliver(requestOf(1).body, send) };
}

const V2 = "io.prometheus.write.v2.Request";
const BOTH = ["2.0.0", "0.1.0"];

describe("MessageChoice", () => {
  it.each<[string, Reply | null, Reply | null, readonly string[], Partial<Answered["outcome"]>, boolean]>([
    ["takes 2.0", [204, "", WRITTEN], null, ["2.0.0"], { kind: "accepted" }, false],
    ["takes 1.0 alone", [415], [204], BOTH, { kind: "accepted" }, true],
    ["takes neither", [415], [415], BOTH, { kind: "hold", reason: "HTTP 415" }, true],
    ["does not look at the message", [200], [204], BOTH, { kind: "accepted" }, true],
    ["cannot decode 2.0", [400, "decode"], [204], BOTH, { kind: "accepted" }, true],
    [
      "cannot decode 2.0 and finds a bad sample",
      [400, "decode"],
      [400, "old"],
      BOTH,
      { reason: "HTTP 400: old" },
      false,
    ],
    ["knows 2.0 alone and finds a bad sample", [400, "old"], [415], BOTH, { reason: "HTTP 400: old" }, false],
    ["counts, and finds a bad sample", [400, "old", WRITTEN], null, ["2.0.0"], { reason: "HTTP 400: old" }, false],
    ["is gone after 415", [415], null, BOTH, { kind: "retry" }, true],
    ["is gone after 400", [400], null, BOTH, { kind: "retry" }, false],
    ["is gone", null, null, ["2.0.0"], { kind: "retry" }, false],
    ["is busy", [503], null, ["2.0.0"], { kind: "retry" }, false],
    ["refuses the size", [413], null, ["2.0.0"], { kind: "split" }, false],
  ])("at a receiver that %s", async (...[, v2, v1, versions, outcome, fallsBack]) => {
    const { deliver, sent, events } = choose({ v1, v2 }, V2);
    expect((await deliver()).outcome).toMatchObject(outcome);
    expect(sent).toEqual(versions);
    expect(events).toHaveLength(fallsBack ? 1 : 0);
  });

  it("remembers a receiver of 1.0, tells of it once, and forgets it on reset", async () => {
    const { deliver, sent, events, choice } = choose({ v1: [204], v2: [415] }, V2);
    await deliver();
    await deliver();
    expect(sent).toEqual([...BOTH, "0.1.0"]);
    expect(events).toEqual(["HTTP 415"]);
    choice.reset();
    await deliver();
    expect(sent.slice(3)).toEqual(BOTH);
  });

  it("never sends 2.0 unless it is configured", async () => {
    const { deliver, sent, events } = choose({ v1: [204], v2: null }, "prometheus.WriteRequest");
    await deliver();
    expect([sent, events]).toEqual([["0.1.0"], []]);
  });
});

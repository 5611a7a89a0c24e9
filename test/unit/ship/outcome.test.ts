import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/http/answer.ts";
import { classify } from "../../../src/ship/outcome.ts";

const NOW = Date.UTC(2026, 9, 16, 12, 0, 0);

function answer(status: number, headers: Answer["headers"] = {}, body = ""): Answer {
  return { status, headers, body };
}

describe("classify", () => {
  it.each([
    [200, "accepted"],
    [202, "accepted"],
    [204, "accepted"],
    [300, "hold"],
    [301, "hold"],
    [302, "hold"],
    [304, "hold"],
    [308, "hold"],
    [400, "suspect"],
    [401, "hold"],
    [402, "hold"],
    [403, "hold"],
    [404, "hold"],
    [405, "hold"],
    [409, "suspect"],
    [410, "hold"],
    [413, "split"],
    [415, "hold"],
    [418, "hold"],
    [422, "suspect"],
    [429, "retry"],
    [500, "retry"],
    [502, "retry"],
    [503, "retry"],
    [504, "retry"],
    [599, "retry"],
  ])("answers %i with %s", (status, kind) => {
    expect(classify(answer(status), NOW).kind).toBe(kind);
  });

  it("holds a request that an HTML page answered with 200", () => {
    for (const type of ["text/html", "Text/HTML; charset=utf-8"]) {
      const outcome = classify(answer(200, { "content-type": type }, "<html>please log in</html>"), NOW);
      expect(outcome).toEqual({ kind: "hold", reason: "HTTP 200 with an HTML page: not a remote-write receiver" });
    }
  });

  it("accepts a 200 of another type", () => {
    for (const type of ["text/plain", "application/json", "text/htmlx"]) {
      expect(classify(answer(200, { "content-type": type }), NOW).kind).toBe("accepted");
    }
  });

  it("gives a suspect its code and body, and a reason of one line", () => {
    const outcome = classify(answer(400, {}, "out of order\n  sample\n"), NOW);
    expect(outcome).toEqual({
      kind: "suspect",
      code: 400,
      body: "out of order\n  sample\n",
      reason: "HTTP 400: out of order sample",
    });
  });

  it("takes Retry-After from 429 and 503, and null without one", () => {
    expect(classify(answer(429, { "retry-after": "7" }), NOW)).toMatchObject({ retryAfterMs: 7000 });
    expect(classify(answer(503, { "retry-after": ["8", "9"] }), NOW)).toMatchObject({ retryAfterMs: 8000 });
    expect(classify(answer(503), NOW)).toMatchObject({ retryAfterMs: null });
  });

  it("names a redirect's target without its query", () => {
    const outcome = classify(answer(302, { location: "https://login.example/?token=secret" }), NOW);
    expect(outcome).toEqual({ kind: "hold", reason: "HTTP 302: redirect to https://login.example/, not followed" });
  });
});

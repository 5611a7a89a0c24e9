import { describe, expect, it } from "vitest";
import { readTokenAnswer } from "../../../src/http/token-answer.ts";

const PLACE = "https://login.example/token";

function read(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readTokenAnswer({ status, headers, body: text }, PLACE, 0);
}

describe("readTokenAnswer", () => {
  it.each([
    [{ access_token: "t", token_type: "bearer", expires_in: 60 }, "Bearer t", 60_000],
    [{ access_token: "t", token_type: "Bearer", expires_in: "60" }, "Bearer t", 60_000],
    [{ access_token: "t" }, "Bearer t", null],
    [{ access_token: "t", expires_in: 0 }, "Bearer t", null],
    [{ access_token: "t", expires_in: null, scope: "a" }, "Bearer t", null],
    [{ access_token: "t", token_type: "DPoP", expires_in: "soon" }, "DPoP t", null],
  ])("takes %j", (body, header, lifetimeMs) => {
    expect(read(200, body)).toEqual({ ok: true, token: { header, value: "t", lifetimeMs } });
  });

  it.each([
    [400, { error: "invalid_scope" }, `the token URL ${PLACE} answers HTTP 400 (invalid_scope)`],
    [
      401,
      { error: "invalid_client", error_description: "hunter2" },
      `the token URL ${PLACE} answers HTTP 401 (invalid_client)`,
    ],
    [403, "hunter2", `the token URL ${PLACE} answers HTTP 403`],
    [401, { error: "hunter2" }, `the token URL ${PLACE} answers HTTP 401`],
    [200, { error: "invalid_client" }, `the token URL ${PLACE} answers HTTP 200 (invalid_client)`],
    [200, "<html>log in</html>", `the token URL ${PLACE} answers HTTP 200 without a token`],
    [200, { access_token: "a\nb" }, `the token URL ${PLACE} answers HTTP 200 without a token`],
    [200, { access_token: "" }, `the token URL ${PLACE} answers HTTP 200 without a token`],
    [200, { access_token: "t", token_type: "a b" }, `the token URL ${PLACE} answers HTTP 200 without a token`],
    [200, "null", `the token URL ${PLACE} answers HTTP 200 without a token`],
    [302, "", `the token URL ${PLACE} answers HTTP 302`],
  ])("holds on %i %j, and repeats none of its words", (status, body, reason) => {
    expect(read(status, body)).toEqual({ ok: false, outcome: { kind: "hold", reason } });
  });

  it.each([429, 500, 503])("retries on %i, and honours Retry-After", (status) => {
    const outcome = { kind: "retry", reason: `the token URL ${PLACE} answers HTTP ${status}`, retryAfterMs: 7000 };
    expect(read(status, "", { "retry-after": "7" })).toEqual({ ok: false, outcome });
  });
});

import { describe, expect, it } from "vitest";
import { transportReason } from "../../../src/http/transport-reason.ts";

function coded(code: string, facts: object = {}, message = ""): Error {
  return Object.assign(new Error(message), { code, ...facts });
}

describe("transportReason", () => {
  it("names the code and the address of a refused connection", () => {
    const error = coded("ECONNREFUSED", { address: "192.0.2.1", port: 9090 }, "connect ECONNREFUSED 192.0.2.1:9090");
    expect(transportReason(error, "example.net")).toBe("ECONNREFUSED at 192.0.2.1:9090");
  });

  it("puts an IPv6 address in brackets", () => {
    const error = coded("ETIMEDOUT", { address: "2001:db8::1", port: 443 });
    expect(transportReason(error, "example.net")).toBe("ETIMEDOUT at [2001:db8::1]:443");
  });

  it("takes the first of several attempts", () => {
    const attempts = [coded("ECONNREFUSED", { address: "::1", port: 1 }), coded("ENETUNREACH")];
    expect(transportReason(new AggregateError(attempts), "localhost:1")).toBe("ECONNREFUSED at [::1]:1");
  });

  it("falls back to the URL's host and the message", () => {
    const cause = coded("ENOTFOUND", {}, "getaddrinfo ENOTFOUND example.net");
    const error = new Error("fetch failed", { cause });
    expect(transportReason(error, "example.net")).toBe("ENOTFOUND at example.net (getaddrinfo ENOTFOUND example.net)");
    expect(transportReason(new TypeError("boom"), "example.net")).toBe("TypeError at example.net (boom)");
    expect(transportReason("odd", "example.net")).toBe("unknown error at example.net (odd)");
  });
});

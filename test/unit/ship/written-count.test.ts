import { describe, expect, it } from "vitest";
import { judgeWritten } from "../../../src/ship/written-count.ts";

const SAMPLES = "x-prometheus-remote-write-samples-written";
const HISTOGRAMS = "x-prometheus-remote-write-histograms-written";

describe("judgeWritten", () => {
  it.each([
    [204, { [SAMPLES]: "3" }, "written"],
    [200, { [SAMPLES]: "4" }, "written"],
    [204, { [SAMPLES]: "2" }, "short"],
    [204, { [SAMPLES]: "0" }, "short"],
    [204, { [SAMPLES]: "-3" }, "short"],
    [204, { [SAMPLES]: "all" }, "short"],
    [204, { [HISTOGRAMS]: "0" }, "short"],
    [204, {}, "unsupported"],
    [200, { "content-length": "0" }, "unsupported"],
    [415, {}, "unsupported"],
    [415, { [SAMPLES]: "0" }, "unsupported"],
    [400, {}, "doubtful"],
    [400, { [SAMPLES]: "2" }, "written"],
    [429, {}, "written"],
    [500, {}, "written"],
    [404, {}, "written"],
  ])("of HTTP %i with %j to 3 samples: %s", (status, headers, kind) => {
    expect(judgeWritten({ status, headers, body: "" }, 3).kind).toBe(kind);
  });

  it("says how many samples of how many", () => {
    const verdict = judgeWritten({ status: 204, headers: { [SAMPLES]: "2" }, body: "" }, 3);
    expect(verdict).toEqual({ kind: "short", reason: "HTTP 204, but 2 of 3 samples were written" });
  });

  it("takes an answer of 0 for a request without samples", () => {
    expect(judgeWritten({ status: 204, headers: { [SAMPLES]: "0" }, body: "" }, 0).kind).toBe("written");
  });
});

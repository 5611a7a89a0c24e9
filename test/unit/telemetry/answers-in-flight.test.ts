import { describe, expect, it } from "vitest";

import { AnswersInFlight } from "../../../src/telemetry/answers-in-flight.ts";

const MIB = 2 ** 20;
const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe("answers that clients have not read", () => {
  it("count once however many read them, until the last one has", () => {
    const inFlight = new AnswersInFlight(4 * MIB);
    const [page, own] = [bytes(2 * MIB), bytes(MIB)];
    const releases = [inFlight.hold([page]), inFlight.hold([own, page]), inFlight.hold([page])];
    expect(inFlight.bytes).toBe(3 * MIB);
    releases[0]?.();
    releases[2]?.();
    expect(inFlight.bytes).toBe(3 * MIB);
    releases[1]?.();
    expect(inFlight.bytes).toBe(0);
  });

  it("are no more than the limit, but for small ones and the first", () => {
    const inFlight = new AnswersInFlight(MIB);
    const first = inFlight.hold([bytes(5 * MIB)]);
    expect(inFlight.hold([bytes(16 * 1024 + 1)])).toBeNull();
    expect(inFlight.bytes).toBe(5 * MIB);
    expect(inFlight.hold([bytes(16 * 1024)])).not.toBeNull();
    first?.();
    expect(inFlight.hold([bytes(MIB / 2)])).not.toBeNull();
  });
});

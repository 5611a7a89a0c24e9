// Names on the BPF file system.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pinName } from "../../../../src/capture/ebpf/bpffs.ts";

describe("pinName", () => {
  it("keeps a name without dots as it is", () => {
    expect(["eth0", "wg-home", "br_lan", "a@b"].map(pinName)).toEqual(["eth0", "wg-home", "br_lan", "a@b"]);
  });

  it("writes dots, which bpffs reserves, and what stands for them by number", () => {
    expect(["eth0.100", "..", "100%", "%2e"].map(pinName)).toEqual(["eth0%2e100", "%2e%2e", "100%25", "%252e"]);
  });

  it("never has a dot, and tells any two names apart", () => {
    const name = fc.string({ unit: fc.constantFrom("a", ".", "%", "2", "e", "5"), maxLength: 6 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(pinName(a)).not.toContain(".");
        expect(pinName(a) === pinName(b)).toBe(a === b);
      }),
      { numRuns: 500 },
    );
  });
});

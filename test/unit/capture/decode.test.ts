// The frame decoder against the vector table and against random bytes.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { FrameDecoder, FrameKind } from "../../../src/capture/decode.ts";
import { isSupportedLinkType, LinkType } from "../../../src/capture/link-types.ts";
import { frameVectors } from "../../fixtures/frame-vectors.ts";
import { decodeFrame, resultOf } from "../../support/decode-frame.ts";

const linkTypes = Object.values(LinkType);
const kinds: readonly number[] = Object.values(FrameKind);
/** IP packets whose length stands in the header; that of a jumbogram may be cut off. */
const countedByHeaderAlone = frameVectors.filter((vector) => vector.expect.kind === "ip" && !/jumbo/.test(vector.name));
const anyVector = fc.constantFrom(...frameVectors);

describe("FrameDecoder", () => {
  describe("counts the vector", () => {
    test.each(frameVectors)("$name", ({ linkType, frame, wireLength, expect: expected }) => {
      expect(decodeFrame(linkType, frame, wireLength)).toEqual(expected);
    });
  });

  it("tells the vectors apart by name", () => {
    expect(new Set(frameVectors.map(({ name }) => name)).size).toBe(frameVectors.length);
    expect(frameVectors.length).toBeGreaterThan(70);
  });

  it("decodes at any offset of a larger buffer, whatever stands around the frame", () => {
    fc.assert(
      fc.property(
        anyVector,
        fc.uint8Array({ maxLength: 90 }),
        fc.uint8Array({ maxLength: 90 }),
        (vector, before, after) => {
          const buffer = Buffer.concat([before, vector.frame, after]);
          const { linkType, frame, wireLength = frame.length, expect: expected } = vector;
          const decoder = new FrameDecoder(linkType);
          decoder.decode(buffer, before.length, frame.length, wireLength);
          expect(resultOf(decoder)).toEqual(expected);
        },
      ),
    );
  });

  it("carries nothing over from one frame to the next", () => {
    const ethernet = frameVectors.filter(({ linkType }) => linkType === LinkType.ethernet);
    const decoder = new FrameDecoder(LinkType.ethernet);
    fc.assert(
      fc.property(fc.constantFrom(...ethernet), ({ frame, wireLength = frame.length, expect: expected }) => {
        decoder.decode(frame, 0, frame.length, wireLength);
        expect(resultOf(decoder)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves the count of a cut IP frame as it is or makes it a parse failure", () => {
    for (const { linkType, frame, wireLength = frame.length, expect: expected } of countedByHeaderAlone) {
      for (let length = 0; length < Math.min(frame.length, 300); length++) {
        expect([expected, { kind: "parse-failure" }]).toContainEqual(
          decodeFrame(linkType, frame.slice(0, length), wireLength),
        );
      }
    }
  });

  it("gives every frame of random bytes a kind, on every link type", () => {
    const random = fc.record({ linkType: fc.constantFrom(...linkTypes), frame: fc.uint8Array({ maxLength: 200 }) });
    fc.assert(
      fc.property(random, fc.nat(100_000), ({ linkType, frame }, wireLength) => {
        const decoder = new FrameDecoder(linkType);
        decoder.decode(frame, 0, frame.length, wireLength);
        expect(kinds).toContain(decoder.kind);
        expect(decoder.kind !== FrameKind.ip || decoder.bytes >= 20).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("gives every mutated and cut vector a kind, with addresses as int32 words", () => {
    const mutation = fc.record({ at: fc.nat(80), value: fc.nat(255), length: fc.nat(120) });
    fc.assert(
      fc.property(anyVector, mutation, ({ linkType, frame, wireLength = frame.length }, { at, value, length }) => {
        const mutated = frame.slice(0, length);
        if (at < mutated.length) mutated[at] = value;
        const decoder = new FrameDecoder(linkType);
        decoder.decode(mutated, 0, mutated.length, wireLength);
        expect(kinds).toContain(decoder.kind);
        expect(decoder.source3).toBe(decoder.source3 | 0);
        expect(decoder.destination0).toBe(decoder.destination0 | 0);
      }),
      { numRuns: 5000 },
    );
  });

  it("does not throw where a caller promises more bytes than the buffer holds", () => {
    const decoder = new FrameDecoder(LinkType.ethernet);
    decoder.decode(new Uint8Array(4), 0, 2000, 2000);
    expect(kinds).toContain(decoder.kind);
  });

  it("stays within the stack on a frame full of tags and SNAP headers", () => {
    // EtherType 8100, tag 0000, length 002e, SNAP header, and again; it ends where the last EtherType's tag would be.
    const nested = Buffer.alloc(12 * 100_000, "81000000002eaaaa03000000", "hex");
    const frame = Buffer.concat([Buffer.alloc(12), nested, Buffer.from("8100", "hex")]);
    expect(decodeFrame(LinkType.ethernet, frame)).toEqual({ kind: "parse-failure" });
  });
});

describe("isSupportedLinkType", () => {
  it.each([0, 1, 9, 12, 14, 50, 51, 101, 108, 113, 228, 229, 276])("knows link type %i", (linkType) => {
    expect(isSupportedLinkType(linkType)).toBe(true);
  });

  it.each([105, 127, 147, 192, 249])("does not know link type %i, and no decoder is made for it", (linkType) => {
    expect(isSupportedLinkType(linkType)).toBe(false);
    expect(() => new FrameDecoder(linkType)).toThrow(`cannot decode link type ${linkType}`);
  });
});

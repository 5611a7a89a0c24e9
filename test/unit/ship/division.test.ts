import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Division, type Part, sizeOf } from "../../../src/ship/division.ts";

interface Course {
  readonly pushes: Part[];
  readonly accepted: number[];
  readonly refused: number[];
}

/** Plays a division against a receiver that refuses a part for one of `poison` in it, and parts over `most` as too large. */
function play(samples: number, poison: ReadonlySet<number>, { limit = Infinity, most = Infinity } = {}): Course {
  const division = new Division([{ from: 0, to: samples }], limit);
  const course: Course = { pushes: [], accepted: [], refused: [] };
  for (let part = division.next(); part !== null; part = division.next()) {
    course.pushes.push(part);
    if (course.pushes.length > 3 * samples + 50) throw new Error("it does not end");
    const { from, to } = part;
    const indices = Array.from({ length: to - from }, (_, index) => from + index);
    if (sizeOf(part) > most) division.shrink(part);
    else if (!indices.some((index) => poison.has(index))) {
      division.accepted();
      course.accepted.push(...indices);
    } else if (division.refused()) course.refused.push(from);
  }
  return course;
}

const poisonous = fc
  .integer({ min: 1, max: 300 })
  .chain((samples) => fc.record({ samples: fc.constant(samples), poison: fc.subarray([...Array(samples).keys()]) }));

describe("a division", () => {
  it("resolves every sample once, in order, with at most two pushes a sample", () => {
    fc.assert(
      fc.property(poisonous, ({ samples, poison }) => {
        const { pushes, accepted, refused } = play(samples, new Set(poison));
        expect(refused).toEqual(poison);
        expect(accepted).toEqual([...Array(samples).keys()].filter((index) => !poison.includes(index)));
        expect(pushes.length).toBeLessThanOrEqual(2 * samples);
      }),
    );
  });

  it("does so within what the receiver takes at once, which it learns", () => {
    fc.assert(
      fc.property(poisonous, fc.integer({ min: 1, max: 300 }), ({ samples, poison }, most) => {
        const { pushes, accepted, refused } = play(samples, new Set(poison), { most });
        expect(refused).toEqual(poison);
        expect(accepted.length).toBe(samples - poison.length);
        expect(pushes.filter((part) => sizeOf(part) > most).length).toBeLessThanOrEqual(9);
      }),
    );
  });

  it("finds one sample among 2,000 in eleven halvings", () => {
    for (const index of [0, 1, 999, 1000, 1999]) {
      const { pushes, refused } = play(2000, new Set([index]));
      expect(refused).toEqual([index]);
      expect(pushes.length).toBeLessThanOrEqual(1 + 2 * 11);
    }
  });

  it("goes one by one when nothing gets through: hardly more than one push a sample", () => {
    const { pushes } = play(2000, new Set(Array(2000).keys()));
    expect(pushes.length).toBeLessThan(2000 + 40);
  });

  it("goes on in larger parts when something gets through again", () => {
    const { pushes, accepted } = play(2000, new Set(Array(1000).keys()));
    expect(accepted).toHaveLength(1000);
    expect(pushes.length).toBeLessThan(1000 + 60);
  });

  it("pushes nothing above a limit that is known", () => {
    const { pushes } = play(2000, new Set(), { limit: 300 });
    expect(pushes.map(sizeOf)).toEqual([300, 300, 300, 300, 300, 300, 200]);
  });

  it("pushes the same part until it is resolved", () => {
    const division = new Division([{ from: 0, to: 4 }]);
    division.refused();
    expect(division.next()).toEqual(division.next());
  });
});

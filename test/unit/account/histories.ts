// Random histories of an agent: windows in and out of order, parts, restarts, idle times, changed configurations.

import * as fc from "fast-check";

/** Usage of an address, or of a network's overflow, in one window. */
export interface Use {
  readonly host: number;
  readonly network: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type Step =
  | ({ readonly kind: "window"; readonly how: "close" | "hold" | "replay"; readonly use: readonly Use[] } & Place)
  | { readonly kind: "restart"; readonly changes: Changes }
  | { readonly kind: "reload"; readonly changes: Changes }
  | { readonly kind: "settle" }
  | { readonly kind: "sampleLate"; readonly interface: number };

interface Place {
  readonly interface: number;
  /** Windows since the newest so far: 0 is the same one once more, less is an older one. */
  readonly ahead: number;
}

export interface Changes {
  /** Label value of all networks. */
  readonly site: number;
  readonly instance: number;
  /** Whether the second network is configured. */
  readonly second: boolean;
  readonly endpoints: number;
}

export const HOSTS = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "overflow"] as const;

const bytes = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1e12 }));
const use = fc.record({
  host: fc.nat(HOSTS.length - 1),
  network: fc.nat(1),
  bytesIn: bytes,
  bytesOut: bytes,
});
const uses = fc.uniqueArray(use, { maxLength: 4, selector: ({ host, network }) => `${host} ${network}` });

const ahead = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 12 }) },
  { weight: 3, arbitrary: fc.integer({ min: -8, max: 0 }) },
);
const how = fc.constantFrom("close", "close", "close", "hold", "replay");
const window = fc.record({ kind: fc.constant("window"), how, use: uses, interface: fc.nat(1), ahead });

const unchanged = { site: 0, instance: 0, second: true, endpoints: 1 };
const anyChanges = fc.record({
  site: fc.nat(1),
  instance: fc.nat(1),
  second: fc.boolean(),
  endpoints: fc.integer({ min: 1, max: 2 }),
});

const others = (changes: fc.Arbitrary<Changes>): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.record({ kind: fc.constant("restart"), changes }),
    fc.record({ kind: fc.constant("reload"), changes }),
    fc.constant({ kind: "settle" }),
    fc.record({ kind: fc.constant("sampleLate"), interface: fc.nat(1) }),
  );

const history = (changes: fc.Arbitrary<Changes>): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof({ weight: 4, arbitrary: window }, { weight: 1, arbitrary: others(changes) }), {
    minLength: 3,
    maxLength: 30,
  });

/** Histories in which every series keeps its name. */
export const steadyHistory = history(fc.constant(unchanged));

/** Histories in which labels, networks and endpoints come, go and come back. */
export const changingHistory = history(anyChanges);

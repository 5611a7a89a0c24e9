import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { addressAt, formatAddress } from "../../../src/model/address.ts";
import { lastWindowOf, TOP_ADDRESSES } from "../../../src/status/last-window.ts";
import { windowUsage } from "../../support/window-usage.ts";

const START_MS = Date.UTC(2026, 9, 15, 12);
const NETWORKS = ["a", "b", "c"];
const row = fc.record({
  host: fc.integer({ min: 0, max: 255 }),
  network: fc.integer({ min: 0, max: 2 }),
  bytesIn: fc.integer({ min: 0, max: 1e9 }),
  bytesOut: fc.integer({ min: 0, max: 1e9 }),
});

describe("the last window of an interface", () => {
  it("has as many bits as the window has bytes times eight, whichever network they are of", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 100 }), (rows) => {
        const window = windowUsage(
          START_MS,
          rows.map(({ host, ...rest }) => ({ ip: `192.0.2.${host}`, ...rest })),
          {
            networks: NETWORKS,
          },
        );
        const { rates, inBps, outBps } = lastWindowOf(window);
        const bits = (of: (one: (typeof rows)[number]) => number, network: number | null = null): number =>
          rows.filter((one) => network === null || one.network === network).reduce((sum, one) => sum + of(one) * 8, 0);
        expect(rates.in_bps).toBeCloseTo(bits(({ bytesIn }) => bytesIn) / 60, 3);
        expect(rates.out_bps).toBeCloseTo(bits(({ bytesOut }) => bytesOut) / 60, 3);
        for (const index of NETWORKS.keys()) {
          expect(inBps[index]).toBeCloseTo(bits(({ bytesIn }) => bytesIn, index) / 60, 3);
          expect(outBps[index]).toBeCloseTo(bits(({ bytesOut }) => bytesOut, index) / 60, 3);
        }
      }),
    );
  });

  it("shows the addresses with most bytes in order, as sorting all of them would", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        const window = windowUsage(
          START_MS,
          rows.map(({ host, ...rest }) => ({ ip: `192.0.2.${host}`, ...rest })),
          {
            networks: NETWORKS,
          },
        );
        const sums = rows.map(({ bytesIn, bytesOut }) => bytesIn + bytesOut).filter((bytes) => bytes > 0);
        const expected = sums.toSorted((a, b) => b - a).slice(0, TOP_ADDRESSES);
        expect(lastWindowOf(window).top.map(({ bytes_in, bytes_out }) => bytes_in + bytes_out)).toEqual(expected);
      }),
    );
  });

  it("names address, network and interface of each", () => {
    const rows = [
      { ip: "192.0.2.1", network: 1, bytesIn: 60, bytesOut: 120 },
      { ip: "2001:db8::1", network: 2, bytesIn: 600 },
      { ip: "overflow", network: 0, bytesOut: 1 },
    ];
    expect(lastWindowOf(windowUsage(START_MS, rows, { networks: NETWORKS })).top).toEqual([
      { address: "2001:db8::1", network: "c", interface: "eth0", bytes_in: 600, bytes_out: 0, in_bps: 80, out_bps: 0 },
      { address: "192.0.2.1", network: "b", interface: "eth0", bytes_in: 60, bytes_out: 120, in_bps: 8, out_bps: 16 },
      { address: "overflow", network: "a", interface: "eth0", bytes_in: 0, bytes_out: 1, in_bps: 0, out_bps: 8 / 60 },
    ]);
  });

  it("takes 65,536 addresses, each busier than the one before", () => {
    const base = windowUsage(START_MS, []);
    const length = 65_536;
    const column = (): Float64Array => new Float64Array(length);
    const usage = {
      length,
      addresses: Uint32Array.from({ length: 4 * length }, (_, index) => (index % 4 === 2 ? 0xffff : index >> 2)),
      networks: new Uint32Array(length),
      bytesIn: column().map((_, index) => index + 1),
      packetsIn: column(),
      bytesOut: column(),
      packetsOut: column(),
    };
    const { top, rates } = lastWindowOf({ ...base, usage });
    expect(top.map(({ bytes_in }) => bytes_in)).toEqual(Array.from({ length: 20 }, (_, index) => length - index));
    expect(top[0]?.address).toBe(formatAddress(addressAt(usage.addresses, length - 1)));
    expect(rates.in_bps).toBeCloseTo((((length * (length + 1)) / 2) * 8) / 60, 6);
  });
});

import { isIPv4, isIPv6 } from "node:net";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  type Address,
  addressAt,
  addressFromBytes,
  addressToBytes,
  compareAddresses,
  formatAddress,
  isMappedIPv4,
  OVERFLOW_ADDRESS,
  parseAddress,
} from "../../../src/model/address.ts";

const word = fc.nat(0xffffffff);
/** Half of the words are sparse, so that runs of zeros are frequent. */
const sparse = fc.oneof(word, fc.constantFrom(0, 1, 0xffff, 0x10000));
const anyAddress = fc
  .oneof(
    fc.tuple(sparse, sparse, sparse, sparse),
    word.map((last): Address => [0, 0, 0xffff, last]),
  )
  .filter((address) => compareAddresses(address, OVERFLOW_ADDRESS) !== 0);

describe("formatAddress", () => {
  // RFC 5952 sections 1, 2 and 4; the last ones are its rules on runs of zeros.
  it.each([
    ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"],
    ["2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["::1.2.3.4", "::102:304"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["192.0.2.1", "192.0.2.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["0.0.0.0", "0.0.0.0"],
  ])("writes %s as %s", (text, canonical) => {
    const address = parseAddress(text);
    expect(address === null ? null : formatAddress(address)).toBe(canonical);
  });

  it("names the overflow entry", () => {
    expect(formatAddress(OVERFLOW_ADDRESS)).toBe("overflow");
  });

  it("writes an address of the right family that reads back", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        const text = formatAddress(address);
        expect(isMappedIPv4(address) ? isIPv4(text) : isIPv6(text)).toBe(true);
        expect(parseAddress(text)).toEqual(address);
      }),
    );
  });

  it("writes IPv6 like the URL standard's serializer", () => {
    fc.assert(
      fc.property(
        anyAddress.filter((address) => !isMappedIPv4(address)),
        (address) => {
          expect(`[${formatAddress(address)}]`).toBe(new URL(`http://[${formatAddress(address)}]/`).hostname);
        },
      ),
    );
  });
});

describe("parseAddress", () => {
  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "::1%eth0",
    "::1/128",
    ":::",
    "1::2::3",
    "example.net",
    " ::1",
  ])("refuses %j", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it("accepts exactly what node:net accepts, but for zones", () => {
    const unit = fc.constantFrom(..."0123456789abcdef:.%/ ".split(""));
    const text = fc.oneof(fc.string({ unit }), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(text, (candidate) => {
        const accepted = isIPv4(candidate) || (isIPv6(candidate) && !candidate.includes("%"));
        expect(parseAddress(candidate) !== null).toBe(accepted);
      }),
    );
  });
});

describe("other forms of an address", () => {
  it("survive the 16-byte form, which sorts like the address", () => {
    fc.assert(
      fc.property(anyAddress, anyAddress, (a, b) => {
        expect(addressFromBytes(addressToBytes(a))).toEqual(a);
        expect(Math.sign(compareAddresses(a, b))).toBe(Buffer.compare(addressToBytes(a), addressToBytes(b)));
      }),
    );
  });

  it("are read from a row of a column", () => {
    expect(addressAt(Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 1)).toEqual([5, 6, 7, 8]);
  });
});

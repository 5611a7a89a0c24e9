// A process: decodes and meters generated frames in memory with the built decoder and meter, all cases in turn, so that
// the compiled code has seen them all, as it has on a real interface. Prints packets a second of each case and round.

import { ipv4, ipv6, ethernet, IPV4, IPV6, padded, udp, VLAN, vlan } from "../../test/support/frames.ts";
import { formatAddress } from "../../src/model/address.ts";
import { parsePrefix } from "../../src/model/prefix.ts";
import { builtUrl } from "./built.ts";

const { FrameDecoder }: typeof import("../../src/capture/decode.ts") = await import(builtUrl("capture/decode.js"));
const { Meter }: typeof import("../../src/capture/meter.ts") = await import(builtUrl("capture/meter.js"));
const { NetworkTable }: typeof import("../../src/capture/network-table.ts") = await import(
  builtUrl("capture/network-table.js")
);

const ETHERNET_LINK = 1;
const PACKETS = 2_000_000;
const WARM_UP_PACKETS = 200_000;
/** Frames lie a power of two apart. */
const SLOT_BYTES = 128;

interface Case {
  readonly name: string;
  readonly frames: Uint8Array;
  readonly lengths: Uint8Array;
}

const CASES: readonly Case[] = [254, 65_536].flatMap((addresses) => [
  generate(`IPv4, ${addresses} addresses`, addresses, (index) => ethernet(IPV4, v4(index))),
  generate(`IPv4 in a VLAN, ${addresses} addresses`, addresses, (index) => ethernet(VLAN, vlan(7, IPV4, v4(index)))),
  generate(`IPv6, ${addresses} addresses`, addresses, (index) => ethernet(IPV6, v6(index))),
  generate(`IPv4 and IPv6, half of it unaccounted, ${addresses} addresses`, addresses, (index) =>
    index % 2 === 0 ? ethernet(IPV4, v4(index)) : ethernet(IPV6, v6(index, "2001:db9")),
  ),
]);

function v4(index: number): Uint8Array {
  const destination = formatAddress([0, 0, 0xffff, 0x0a000000 + index]);
  return ipv4({ source: "198.51.100.1", destination, payload: udp(18) });
}

function v6(index: number, prefix = "2001:db8"): Uint8Array {
  return ipv6({ source: "2001:db8:ffff::1", destination: `${prefix}::${index.toString(16)}`, payload: udp(2) });
}

function generate(name: string, addresses: number, frame: (index: number) => Uint8Array): Case {
  const frames = new Uint8Array(addresses * SLOT_BYTES);
  const lengths = new Uint8Array(addresses);
  for (let index = 0; index < addresses; index++) {
    const bytes = padded(frame(index), 60);
    frames.set(bytes, index * SLOT_BYTES);
    lengths[index] = bytes.length;
  }
  return { name, frames, lengths };
}

/** Packets a second. */
function run({ frames, lengths }: Case, packets: number): number {
  const prefixes = ["10.0.0.0/16", "2001:db8::/112"].map((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.value;
  });
  const network = { name: "bench", prefixes, labels: {}, billBy: "network" as const };
  const meter = new Meter(new NetworkTable([network]), 65_536);
  const decoder = new FrameDecoder(ETHERNET_LINK);
  const startedMs = performance.now();
  for (let packet = 0, index = 0; packet < packets; packet++) {
    const length = lengths[index] ?? 0;
    decoder.decode(frames, index * SLOT_BYTES, length, length);
    meter.count(decoder);
    if (++index === lengths.length) index = 0;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { totals } = meter.take();
  if (totals.ipPackets !== packets) throw new Error(`${totals.ipPackets} of ${packets} packets were counted`);
  return packets / seconds;
}

const rounds = Number(process.argv[2] ?? 3);
for (const one of CASES) run(one, WARM_UP_PACKETS);
const results = CASES.map(({ name }) => ({ name, perSecond: [] as number[] }));
for (let round = 0; round < rounds; round++) {
  for (const [index, one] of CASES.entries()) results[index]?.perSecond.push(run(one, PACKETS));
}
console.log(JSON.stringify(results));

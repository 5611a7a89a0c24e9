// The frame decoder against tshark: every Ethernet vector and a few hundred random stacks of headers.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { isDeepStrictEqual, promisify } from "node:util";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { addressAt, formatAddress, MAPPED_WORD, parseAddress } from "../../src/model/address.ts";
import { ETHERNET, type Expected } from "../fixtures/frame-vector.ts";
import { frameVectors } from "../fixtures/frame-vectors.ts";
import { pcapngFile } from "../support/capture-file.ts";
import { decodeFrame } from "../support/decode-frame.ts";
import * as frames from "../support/frames.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Captured {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly wireLength?: number;
}

/** Where tshark 4.0 answers by other rules than ours (design section 3.4), and why ours stay. */
const TSHARK_DIFFERS: ReadonlyMap<string, string> = new Map([
  ["a total length of 0 in a frame that ends within the header", "tshark takes the captured length for the wire's"],
  ["a payload length of 0 in a frame one byte longer", "tshark knows BIG TCP by the jumbo option only"],
  ["an IPv6 BIG TCP super-packet without the jumbo option", "tshark knows BIG TCP by the jumbo option only"],
  ["a jumbogram cut before its option by the frame's length", "tshark knows BIG TCP by the jumbo option only"],
  ["a jumbogram cut within its option by the frame's length", "tshark knows BIG TCP by the jumbo option only"],
  ["a jumbo option beyond what any interface passes on", "tshark believes the option whatever it says"],
  ["an incredible jumbo option in a super-packet", "tshark takes a length over 2^31 for a negative one"],
  ["one MPLS label more", "tshark looks at the whole frame"],
  ["IPv6 behind too many MPLS labels", "tshark looks at the whole frame"],
  ["hundreds of MPLS labels", "tshark looks at the whole frame"],
  ["more tags than anybody stacks", "tshark gives up after some tags"],
  ["PPPoE of another version", "tshark does not check version and type"],
]);

const FIELDS = ["frame.protocols", "ip.len", "ip.src", "ip.dst", "ipv6.plen", "ipv6.src", "ipv6.dst", "ipv6.opt.jumbo"];
const ARGUMENTS = ["-n", "-T", "fields", "-E", "occurrence=f", "-E", "separator=,"].concat(
  FIELDS.flatMap((field) => ["-e", field]),
);

/** What tshark says of each frame's outermost IP header; null where it finds none, or not all of it. */
async function askTshark(captured: readonly Captured[]): Promise<readonly (Expected | null)[]> {
  await using folder = await tempFolder();
  const path = folder.file("vectors.pcapng");
  await writeFile(path, pcapngFile(captured.map((frame) => ({ ...frame, timeNs: 0n }))));
  const { stdout } = await promisify(execFile)("tshark", ["-r", path, ...ARGUMENTS], { maxBuffer: 2 ** 26 });
  return stdout.trimEnd().split("\n").map(outermost);
}

function outermost(line: string): Expected | null {
  const [protocols = "", length4 = "", source4 = "", destination4 = "", ...fields6] = line.split(",");
  const [payload = "", source6 = "", destination6 = "", jumbo = ""] = fields6;
  const first = protocols.split(":").find((protocol) => protocol === "ip" || protocol === "ipv6");
  if (first === "ip") return counted(length4 === "" ? Number.NaN : Number(length4), source4, destination4);
  return first === "ipv6"
    ? counted(40 + Number(payload === "0" && jumbo !== "" ? jumbo : payload), source6, destination6)
    : null;
}

/** Null where a field is missing, because the header is cut or tshark calls it bogus. */
function counted(length: number, sourceText: string, destinationText: string): Expected | null {
  const [source, destination] = [parseAddress(sourceText), parseAddress(destinationText)];
  if (source === null || destination === null || Number.isNaN(length)) return null;
  return { kind: "ip", bytes: length, source: formatAddress(source), destination: formatAddress(destination) };
}

function decoded({ frame, wireLength }: Captured): Expected | null {
  const result = decodeFrame(ETHERNET, frame, wireLength);
  return result.kind === "ip" ? result : null;
}

interface Layer {
  readonly type: number;
  readonly payload: Uint8Array;
}

const anyWords = (count: number): fc.Arbitrary<Uint32Array> => fc.uint32Array({ minLength: count, maxLength: count });
const anyIPv4 = anyWords(1).map(([word = 0]) => formatAddress([0, 0, MAPPED_WORD, word]));
const anyIPv6 = anyWords(4).map((words) => formatAddress(addressAt(words, 0)));
const anyPayload = fc.nat(1400).map(frames.udp);
const anyOptions = fc.nat(10).map((length) => new Uint8Array(length * 4).fill(1));

function packetWith(options: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Layer> {
  const fields4 = fc.record({ source: anyIPv4, destination: anyIPv4, payload: anyPayload, options });
  const fields6 = fc.record({ source: anyIPv6, destination: anyIPv6, payload: anyPayload });
  return fc.oneof(
    fields4.map((fields) => ({ type: frames.IPV4, payload: frames.ipv4(fields) })),
    fields6.map((fields) => ({ type: frames.IPV6, payload: frames.ipv6(fields) })),
  );
}

/** Around the packet: nothing, a stack of labels, or a PPPoE session. */
function carriedWith(options: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Layer> {
  // Labels below 16 are reserved; tshark knows that OAM follows some of them.
  const labels = fc.array(fc.integer({ min: 16, max: 0xfffff }), { minLength: 1, maxLength: 4 });
  return fc
    .tuple(packetWith(options), labels, fc.constantFrom("plain", "mpls", "pppoe"))
    .map(([packet, stack, around]) => {
      if (around === "mpls") return { type: frames.MPLS, payload: frames.mpls(stack, packet.payload) };
      const protocol = packet.type === frames.IPV4 ? 0x0021 : 0x0057;
      return around === "pppoe" ? { type: frames.PPPOE, payload: frames.pppoe(protocol, packet.payload) } : packet;
    });
}

const anyTags = fc.array(fc.constantFrom(frames.VLAN, frames.SERVICE_VLAN, frames.OLD_SERVICE_VLAN), { maxLength: 3 });

function frameWith(options: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(carriedWith(options), fc.boolean(), anyTags).map(([carried, wantsSnap, tags]) => {
    const snapped = frames.snap(carried.type, carried.payload);
    const isSnap = wantsSnap && snapped.length <= 1500;
    // tshark does not look for LLC right behind an 802.1ad tag, so SNAP has a customer tag if it has any.
    const outwards = isSnap && tags.length > 0 ? [frames.VLAN, ...tags] : tags;
    const tagged = outwards.reduce(addTag, isSnap ? { type: snapped.length, payload: snapped } : carried);
    return frames.ethernet(tagged.type, tagged.payload);
  });
}

function addTag({ type, payload }: Layer, outerType: number): Layer {
  return { type: outerType, payload: frames.vlan(7, type, payload) };
}

/**
 * Whole, or cut by a snap length that often falls into the headers. Cut packets have no options: where tshark sees
 * options cut off it withholds the destination, as they might hold a source route.
 */
const anyCaptured: fc.Arbitrary<Captured> = fc.oneof(
  frameWith(anyOptions).map((frame) => ({ name: "random", frame })),
  fc.tuple(frameWith(fc.constant(frames.zeros(0))), fc.integer({ min: 14, max: 120 })).map(([frame, snapLength]) => ({
    name: "random, cut",
    frame: frames.cut(frame, snapLength),
    wireLength: frame.length,
  })),
);

it("agrees with tshark on the vectors", async () => {
  const vectors = frameVectors.filter(({ linkType, name }) => linkType === ETHERNET && !TSHARK_DIFFERS.has(name));
  const answers = await askTshark(vectors);
  expect(answers.length).toBeGreaterThan(100);
  expect(vectors.map((vector, row) => [vector.name, answers[row]])).toEqual(
    vectors.map((vector) => [vector.name, decoded(vector)]),
  );
});

it("excludes only vectors that exist and that tshark answers otherwise", async () => {
  const excluded = frameVectors.filter(({ name }) => TSHARK_DIFFERS.has(name));
  expect(excluded.map(({ name }) => name).toSorted()).toEqual([...TSHARK_DIFFERS.keys()].toSorted());
  const answers = await askTshark(excluded);
  expect(excluded.filter((vector, row) => isDeepStrictEqual(decoded(vector), answers[row]))).toEqual([]);
});

it("agrees with tshark on random stacks of headers", async () => {
  const captured = fc.sample(anyCaptured, { numRuns: 600, seed: 20_261_016 });
  const answers = await askTshark(captured);
  const hex = captured.map(({ frame }) => Buffer.from(frame.subarray(0, 120)).toString("hex"));
  expect(answers.filter((answer) => answer !== null).length).toBeGreaterThan(300);
  expect(answers.map((answer, row) => [hex[row], answer])).toEqual(
    captured.map((one, row) => [hex[row], decoded(one)]),
  );
});

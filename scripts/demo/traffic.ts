// The live traffic of the customers: for each of them a sender in each direction, on both ends of the edge's wire.

import type { Namespace } from "../../test/support/netns.ts";
import { Traffic, type TrafficOptions } from "../../test/support/traffic.ts";
import { CUSTOMERS, type Customer, DIRECTIONS, type Direction } from "./customers.ts";
import type { Ground } from "./ground.ts";
import { volumeKey, type Volumes, volumesBy } from "./volumes.ts";

/** Senders that run until they are stopped. */
export class LiveTraffic implements AsyncDisposable {
  readonly #senders: ReadonlyMap<string, Traffic>;

  private constructor(senders: ReadonlyMap<string, Traffic>) {
    this.#senders = senders;
  }

  static async start(ground: Ground): Promise<LiveTraffic> {
    const senders = new Map<string, Traffic>();
    for (const customer of CUSTOMERS) {
      for (const direction of DIRECTIONS) {
        const from = senderOf(ground, direction);
        senders.set(volumeKey(customer.name, direction), await Traffic.start(from, flowOf(customer, direction)));
      }
    }
    return new LiveTraffic(senders);
  }

  /** Stops them; the IP bytes that they sent by their own counts. */
  async stop(): Promise<Volumes> {
    const sent = new Map<string, number>();
    for (const [key, sender] of this.#senders) sent.set(key, (await sender.stop()).ipBytes);
    return volumesBy((customer, direction) => sent.get(volumeKey(customer, direction)) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sender of this.#senders.values()) await sender[Symbol.asyncDispose]();
  }
}

/** What customers send comes in at the edge's interface; what they receive goes out at it. */
function senderOf({ edge, customers }: Ground, direction: Direction): Namespace {
  return direction === "out" ? customers : edge;
}

function flowOf({ addresses, live }: Customer, direction: Direction): TrafficOptions {
  const [first = ""] = addresses;
  const { framesPerSecond, frameBytes } = live[direction];
  const remote = first.includes(":") ? "2001:db8:ffff::7" : "198.51.100.7";
  const ends =
    direction === "out" ? { varySrc: true, srcNet: first, dstNet: remote } : { srcNet: remote, dstNet: first };
  const packets = { rate: framesPerSecond, size: frameBytes, ipv6: first.includes(":"), hosts: addresses.length };
  return { ...packets, ...ends, qdisc: true };
}

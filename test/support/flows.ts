// Known traffic: flows of UDP datagrams, sent as frames from the far end or by the near end's own kernel, and what each
// accounted address must be billed for them.

import { writeFile } from "node:fs/promises";
import { pcapFile } from "./capture-file.ts";
import { ethernet, IPV4, IPV6, ipv4, ipv6, udp } from "./frames.ts";
import type { NetworkPair } from "./netns.ts";
import { tempFolder } from "./temp-folder.ts";
import { sendFrames } from "./traffic.ts";

/** `count` datagrams with `payload` bytes each. */
export interface Flow {
  readonly source: string;
  readonly destination: string;
  readonly payload: number;
  readonly count: number;
}

export interface Volume {
  readonly bytes: number;
  readonly packets: number;
}

/** What went in and out, by `address direction`. */
export type Volumes = ReadonlyMap<string, Volume>;

const UDP_HEADER = 8;

/** IP total length of one datagram of the flow. */
export function ipBytesOf({ source, payload }: Pick<Flow, "source" | "payload">): number {
  return (source.includes(":") ? 40 : 20) + UDP_HEADER + payload;
}

/** The flow's datagrams as Ethernet frames. */
export function framesOf({ source, destination, payload, count }: Flow): Uint8Array[] {
  const addresses = { source, destination, payload: udp(payload) };
  const frame = source.includes(":") ? ethernet(IPV6, ipv6(addresses)) : ethernet(IPV4, ipv4(addresses));
  return Array.from({ length: count }, () => frame);
}

/** Sends frames from the far end: what the near end receives, whatever addresses they have. */
export async function sendFromPeer(pair: NetworkPair, flows: readonly Flow[]): Promise<void> {
  await using folder = await tempFolder();
  const frames = flows.flatMap(framesOf).map((frame) => ({ timeNs: 0n, frame }));
  await writeFile(folder.file("flows.pcap"), pcapFile(frames));
  const { sent } = await sendFrames(pair.peer, { pcap: folder.file("flows.pcap") });
  if (sent !== frames.length) throw new Error(`sent ${sent} of ${frames.length} frames`);
}

/** Sends datagrams through the near end's own kernel; the flows' sources are addresses of its interface. */
export async function sendFromEdge(pair: NetworkPair, flows: readonly Flow[]): Promise<void> {
  const script = `
import json, socket, sys
for flow in json.loads(sys.argv[1]):
    family = socket.AF_INET6 if ":" in flow["source"] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.bind((flow["source"], 0))
        for _ in range(flow["count"]):
            sender.sendto(bytes(flow["payload"]), (flow["destination"], 9))`;
  await pair.edge.exec("python3", ["-c", script, JSON.stringify(flows)]);
}

/** What the flows add up to for those ends that `isAccounted`. */
export function volumesOf(flows: readonly Flow[], isAccounted: (address: string) => boolean): Volumes {
  const volumes = new Map<string, Volume>();
  for (const flow of flows) {
    const bytes = flow.count * ipBytesOf(flow);
    for (const end of [flow.source, flow.destination].filter((address) => isAccounted(address))) {
      for (const direction of ["in", "out"]) {
        const key = `${end} ${direction}`;
        const passed = end === (direction === "in" ? flow.destination : flow.source);
        const known = volumes.get(key) ?? { bytes: 0, packets: 0 };
        volumes.set(key, {
          bytes: known.bytes + (passed ? bytes : 0),
          packets: known.packets + (passed ? flow.count : 0),
        });
      }
    }
  }
  return volumes;
}

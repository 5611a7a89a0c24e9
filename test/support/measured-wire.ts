// A far host behind a hop that sees single packets, whatever the near end's offloads make of them: the edge's interface
// and the far host are joined by a bridge, and between the bridge and the far host nothing is merged. The counters of
// that hop are the truth about the wire: a packet for each segment, each with its own headers.

import { allowBigPackets } from "./bulk.ts";
import { Namespace, type NetworkPair, removeEnd, silence } from "./netns.ts";

const ETHERNET = 14;
const BRIDGE = "br0";
const HOP = "hop0";
const FAR = "far0";
/** So that the far host can have the address that the edge's neighbour table gives it. */
const PORT_MAC = "02:00:00:00:01:77";

/** What passed on the wire, seen from the edge; bytes are IP packets'. */
export interface WireCount {
  readonly bytesIn: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
}

export class MeasuredWire implements AsyncDisposable {
  readonly far: Namespace;
  readonly #hop: Namespace;
  /** The bridge's other port, where the edge is. */
  readonly #port: string;
  /** Bytes of each received packet that the hop's counter includes in front of the IP header. */
  #receivedHeader = ETHERNET;

  private constructor(far: Namespace, hop: Namespace, port: string) {
    this.far = far;
    this.#port = port;
    this.#hop = hop;
  }

  /** Puts the far host, with the peer's addresses, behind the pair's peer. */
  static async create({ edge, peer }: NetworkPair): Promise<MeasuredWire> {
    const far = new Namespace(`${peer.name.slice(0, -1)}99p`, FAR, 2);
    await silence(far);
    await inside(peer, [
      `link set dev ${peer.interface} address ${PORT_MAC}`,
      `address flush dev ${peer.interface}`,
      `link add name ${BRIDGE} type bridge stp_state 0 mcast_snooping 0`,
      `link set dev ${BRIDGE} multicast off arp off up`,
      `link add name ${HOP} type veth peer name ${FAR} address ${peer.mac} netns ${far.name}`,
      `link set dev ${HOP} multicast off arp off up`,
      `link set dev ${HOP} master ${BRIDGE}`,
      `link set dev ${peer.interface} master ${BRIDGE}`,
    ]);
    await inside(far, [
      `link set dev lo up`,
      `link set dev ${FAR} multicast off arp off up`,
      `address add ${far.ipv4}/24 dev ${FAR}`,
      `address add ${far.ipv6}/64 dev ${FAR} nodad`,
      `neighbour replace ${edge.ipv4} lladdr ${edge.mac} dev ${FAR} nud permanent`,
      `neighbour replace ${edge.ipv6} lladdr ${edge.mac} dev ${FAR} nud permanent`,
    ]);
    const hop = new Namespace(peer.name, HOP, 2);
    for (const end of [hop, far]) await setFeatures(end, ["tso", "gso", "tx-udp-segmentation"], false);
    return new MeasuredWire(far, hop, peer.interface);
  }

  /** Lets the bridge merge what comes from the far host, as a receiving interface card does: TCP, and by `features` UDP. */
  async mergeTowardsEdge(features: readonly string[] = []): Promise<void> {
    await setFeatures(this.#hop, ["gro", ...features], true);
    // What veth receives through NAPI it counts after taking the Ethernet header off (drivers/net/veth.c, veth_xdp_rcv).
    this.#receivedHeader = 0;
  }

  /** Lets packets of up to `bytes` through the bridge, where the edge's own interface does (BIG TCP). */
  async allowBigPackets(bytes: number): Promise<void> {
    for (const name of [this.#hop.interface, this.#port, BRIDGE]) await allowBigPackets(this.#hop, name, bytes);
  }

  /** All that passed so far. Throws where the hop dropped anything: the agent saw it, and the wire did not. */
  async count(): Promise<WireCount> {
    const { rx, tx } = await this.#hop.counters();
    if (tx.dropped > 0) throw new Error(`the wire dropped ${tx.dropped} packets that the edge had sent`);
    return {
      bytesIn: rx.bytes - this.#receivedHeader * rx.packets,
      packetsIn: rx.packets,
      bytesOut: tx.bytes - ETHERNET * tx.packets,
      packetsOut: tx.packets,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeEnd(this.far);
  }
}

export async function setFeatures(end: Namespace, features: readonly string[], on: boolean): Promise<void> {
  const settings = features.flatMap((feature) => [feature, on ? "on" : "off"]);
  await end.exec("ethtool", ["-K", end.interface, ...settings]);
}

async function inside(end: Namespace, commands: readonly string[]): Promise<void> {
  for (const command of commands) await end.exec("ip", command.split(" "));
}

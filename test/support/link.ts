// A wire between two namespaces; a pair of namespaces has one, and a test may add others.

import { Namespace, type NetworkPair } from "./netns.ts";

/** The two ends of a veth pair. */
export interface Link {
  readonly edge: Namespace;
  readonly peer: Namespace;
}

/** Joins the namespaces by another veth pair, silent and without addresses. It goes with them. */
export async function addLink({ edge, peer }: NetworkPair, number: number): Promise<Link> {
  const link = {
    edge: new Namespace(edge.name, `${edge.interface.slice(0, -1)}${number}e`, 1),
    peer: new Namespace(peer.name, `${peer.interface.slice(0, -1)}${number}p`, 2),
  };
  await createWire(link);
  return link;
}

/** Makes the wire again, as `addLink` and `NetworkPair` do but without addresses, after it was deleted. */
export async function createWire({ edge, peer }: Link): Promise<void> {
  const far = ["peer", "name", peer.interface, "address", peer.mac, "netns", peer.name];
  await edge.exec("ip", ["link", "add", "name", edge.interface, "address", edge.mac, "type", "veth", ...far]);
  for (const end of [edge, peer]) {
    await end.exec("ip", ["link", "set", "dev", end.interface, "multicast", "off", "arp", "off", "up"]);
  }
}

export async function deleteWire({ edge }: Link): Promise<void> {
  await edge.exec("ip", ["link", "delete", "dev", edge.interface]);
}

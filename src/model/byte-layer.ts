// The layer at which bytes are billed. The ledger always keeps IP bytes and packets; the other layers derive from both.

export const BYTE_LAYERS = ["ip", "ethernet", "wire"] as const;
export type ByteLayer = (typeof BYTE_LAYERS)[number];

/** MAC header (14) and FCS (4), IEEE 802.3 section 3.1.1. */
const ETHERNET_BYTES = 18;
/** Preamble and start delimiter (8) and the interpacket gap (12), IEEE 802.3 sections 3.2 and 4.4.2. */
const WIRE_BYTES = ETHERNET_BYTES + 20;
const VLAN_TAG_BYTES = 4;

/** Bytes to add for each packet to come from IP total length to `layer`, with `vlanTags` tags on each frame. */
export function overheadPerPacket(layer: ByteLayer, vlanTags: number): number {
  switch (layer) {
    case "ip":
      return 0;
    case "ethernet":
      return ETHERNET_BYTES + vlanTags * VLAN_TAG_BYTES;
    case "wire":
      return WIRE_BYTES + vlanTags * VLAN_TAG_BYTES;
  }
}

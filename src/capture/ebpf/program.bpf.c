// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Counts the bytes and packets of accounted addresses in the kernel, each under the window in which it passed.
// One source, two programs: `count_tcx` for TCX (Linux 6.6), `count_socket` for a packet socket before that. Neither
// changes, drops or redirects a packet. What a frame counts as is the same as in ../ether-type.ts and ../ip-header.ts;
// the maps' layout is repeated in layout.ts. A "source" is one set of these maps with the program that fills it.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CONTINUE (-1) // TCX_NEXT: whatever is attached behind this program decides.
#define DROP_COPY 0   // A socket filter's verdict on the socket's own copy of the packet.

#define ENOENT_ERROR (-2)
#define EEXIST_ERROR (-17)

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define UDP_BYTES 8
#define SNAP_BYTES 8
#define PPPOE_BYTES 6
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_DESTINATION 60
#define OPTION_JUMBO 0xc2
// Payload Length can state 40 + 65535 bytes; GSO_MAX_SIZE bounds what an interface passes on (../ipv6-long-payload.ts).
#define LONGEST_STATED 65575
#define LONGEST_JUMBO 524280
#define MAX_JUMBO_OPTIONS 8
// Headers are looked for in so many first bytes of a frame (../decoded-frame.ts), which hold at most so many of four.
#define HEADERS_BYTES 256
#define MAX_LAYERS (HEADERS_BYTES / 4)
#define MAX_EXTENSIONS 6

// Without CAP_PERFMON the kernel allows no choice between two fields of a map's value: keeps the compiler from turning
// two branches into one store with a chosen offset.
#define FIXED_OFFSETS(pointer) asm volatile("" : "+r"(pointer))

enum link { LINK_ETHERNET, LINK_IP };
enum kind { KIND_IP, KIND_NON_IP, KIND_FAILURE, KIND_SLOW };

// Set by the loader, constant afterwards.
struct settings {
  __u64 window_ns;
  __u32 totals_mask; // slots of `totals` but the last, less one: a power of two less one
  __u32 link;
  __u32 skip_outgoing; // loopback shows a packet socket each packet twice
  __u32 unused;
};
const volatile struct settings settings = {.window_ns = 60000000000, .totals_mask = 1};

// First 16 bits of every accounted IPv4 address, then of every accounted IPv6 address: one bit says no before a look-up.
#define BLOCKS 65536
__u32 filter[2 * BLOCKS / 32] SEC(".data.filter");

// The agent writes this, one 64-bit word at a time; all CPUs have the same. The program reads the first two.
struct clock {
  __u64 offset_ns; // added to CLOCK_MONOTONIC gives the time since the epoch
  __u64 sealed;    // first window that still counts: an earlier packet is filed there
  __u64 attached_ms;
  __u64 next_window;
};

struct usage_key {
  __be32 address[4]; // IPv4 as ::ffff:a.b.c.d
  __u32 window;      // since the epoch, in window lengths
};

struct usage {
  __u64 bytes_in;
  __u64 packets_in;
  __u64 bytes_out;
  __u64 packets_out;
  __u64 network; // index + 1; 0 on CPUs that did not make the entry
};

#define NO_NETWORK 0xffffffff // all of IPv4, where an IPv6 prefix is around it

struct network_key {
  __u32 prefix_length;
  __be32 address[4];
};

struct overflow_key {
  __u32 network;
  __u32 window;
};

// Where every frame of a window went. A slot belongs to a window until the agent has deleted it; window 0 is "free".
struct totals {
  __u64 window;
  __u64 last_ns; // time since the epoch of its latest packet
  __u64 ip_packets;
  __u64 ip_bytes;
  __u64 unaccounted_packets;
  __u64 unaccounted_bytes;
  __u64 internal_packets;
  __u64 internal_bytes;
  __u64 overflow_packets;
  __u64 overflow_bytes;
  __u64 homeless_packets; // of an accounted address, but neither `usage` nor `overflow` had room: also unaccounted
  __u64 homeless_bytes;
  __u64 non_ip_frames;
  __u64 parse_failures;
  __u64 first_window; // of the last slot alone: the first and last window that found no slot of their own
  __u64 last_window;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __type(key, struct usage_key);
  __type(value, struct usage);
  __uint(max_entries, 1);
} usage SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct network_key);
  __type(value, __u32);
  __uint(max_entries, 1);
} networks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __type(key, struct overflow_key);
  __type(value, struct usage);
  __uint(max_entries, 1);
} overflow SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __type(key, __u32);
  __type(value, struct totals);
  __uint(max_entries, 3);
} totals SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __type(key, __u32);
  __type(value, struct clock);
  __uint(max_entries, 1);
} clock SEC(".maps");

// Text that the agent keeps with the maps; no program reads it.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u32);
  __uint(max_entries, 1);
} manifest SEC(".maps");

// A decoded IP packet.
struct packet {
  __be32 source[4];
  __be32 destination[4];
  __u32 bytes;   // IP total length
  __u32 at;      // of the IP header in the frame
  __u32 packets; // on the wire: a GSO packet is several
};

// ---- Decoding, careful: any headers, any layout of the packet's memory.

static __always_inline int load(struct __sk_buff *skb, __u32 at, void *to, __u32 length) {
  if (at + length > HEADERS_BYTES) return -1;
  return bpf_skb_load_bytes(skb, at, to, length);
}

static __always_inline void map_ipv4(__be32 *address, __be32 ipv4) {
  address[0] = 0;
  address[1] = 0;
  address[2] = bpf_htonl(0xffff);
  address[3] = ipv4;
}

static __noinline int decode_ipv4(struct __sk_buff *skb, __u32 at, struct packet *packet) {
  __be32 header[IPV4_BYTES / 4];
  if (load(skb, at, header, sizeof header)) return KIND_FAILURE;
  __u32 first = bpf_ntohl(header[0]);
  __u32 header_bytes = (first >> 24 & 0xf) << 2, bytes = first & 0xffff;
  if (first >> 28 != 4 || header_bytes < IPV4_BYTES) return KIND_FAILURE;
  if (bytes == 0) bytes = skb->len - at;
  if (bytes < header_bytes) return KIND_FAILURE;
  packet->at = at;
  packet->bytes = bytes;
  map_ipv4(packet->source, header[3]);
  map_ipv4(packet->destination, header[4]);
  return KIND_IP;
}

// The Jumbo Payload Length (RFC 2675) of the hop-by-hop header at `at`, 0 without a credible one.
static __noinline __u32 jumbo_payload(struct __sk_buff *skb, __u32 at) {
  __u8 head[2];
  if (load(skb, at, head, sizeof head)) return 0;
  __u32 end = at + ((head[1] + 1) << 3), option = at + 2;
  for (int i = 0; i < MAX_JUMBO_OPTIONS; i++) {
    struct {
      __u8 type, length;
      __be16 high, low;
    } __attribute__((packed)) jumbo;
    if (option + sizeof jumbo > end || load(skb, option, &jumbo, sizeof jumbo)) return 0;
    if (jumbo.type == OPTION_JUMBO && jumbo.length == 4) {
      __u32 bytes = (__u32)bpf_ntohs(jumbo.high) << 16 | bpf_ntohs(jumbo.low);
      return bytes > LONGEST_JUMBO ? 0 : bytes;
    }
    option += jumbo.type == 0 ? 1 : 2 + jumbo.length;
  }
  return 0;
}

static __noinline int decode_ipv6(struct __sk_buff *skb, __u32 at, struct packet *packet) {
  __be32 header[IPV6_BYTES / 4];
  if (load(skb, at, header, sizeof header)) return KIND_FAILURE;
  if (bpf_ntohl(header[0]) >> 28 != 6) return KIND_FAILURE;
  __u32 lengths = bpf_ntohl(header[1]), payload = lengths >> 16;
  if (payload == 0 && (lengths >> 8 & 0xff) == NEXT_HOP_BY_HOP) payload = jumbo_payload(skb, at + IPV6_BYTES);
  if (payload == 0 && skb->len - at > LONGEST_STATED) payload = skb->len - at - IPV6_BYTES;
  packet->at = at;
  packet->bytes = IPV6_BYTES + payload;
  __builtin_memcpy(packet->source, &header[2], 16);
  __builtin_memcpy(packet->destination, &header[6], 16);
  return KIND_IP;
}

static __noinline int decode_by_version(struct __sk_buff *skb, __u32 at, struct packet *packet, int otherwise) {
  __u8 first;
  if (load(skb, at, &first, 1)) return KIND_FAILURE;
  if (first >> 4 == 4) return decode_ipv4(skb, at, packet);
  return first >> 4 == 6 ? decode_ipv6(skb, at, packet) : otherwise;
}

// A walk over headers in front of the IP header.
struct walk {
  struct __sk_buff *skb;
  __u32 at;
  __u32 type;
  int kind;
};

// RFC 3032 section 2.1: four bytes a label, down to the one with the bottom-of-stack bit.
static long next_label(__u32 index, struct walk *walk) {
  __u8 label[4];
  if (load(walk->skb, walk->at, label, sizeof label)) return 1;
  walk->at += 4;
  if (!(label[2] & 1)) return 0;
  walk->kind = KIND_IP;
  return 1;
}

static __noinline int decode_mpls(struct __sk_buff *skb, __u32 at, struct packet *packet) {
  struct walk walk = {.skb = skb, .at = at, .kind = KIND_FAILURE};
  bpf_loop(MAX_LAYERS, next_label, &walk, 0);
  return walk.kind == KIND_IP ? decode_by_version(skb, walk.at, packet, KIND_NON_IP) : walk.kind;
}

// PPPoE session (RFC 2516 section 4), then PPP's protocol field of two bytes, or one odd byte if compressed.
static __noinline int decode_pppoe(struct __sk_buff *skb, __u32 at, struct packet *packet) {
  __u8 head[PPPOE_BYTES];
  __u8 protocol[2];
  if (load(skb, at, head, sizeof head) || head[0] != 0x11) return KIND_FAILURE;
  if (head[1] != 0) return KIND_NON_IP;
  at += PPPOE_BYTES;
  if (load(skb, at, protocol, 1)) return KIND_FAILURE;
  __u32 number = protocol[0];
  if (!(number & 1)) {
    if (load(skb, at, protocol, 2)) return KIND_FAILURE;
    number = protocol[0] << 8 | protocol[1];
    at++;
  }
  at++;
  switch (number) {
    case 0x0021: return decode_ipv4(skb, at, packet);
    case 0x0057: return decode_ipv6(skb, at, packet);
    case 0x0281:
    case 0x0283: return decode_mpls(skb, at, packet);
    default: return KIND_NON_IP;
  }
}

// One VLAN tag or SNAP header; ends the walk at a type that is neither, or with a verdict.
static long next_layer(__u32 index, struct walk *walk) {
  __u8 bytes[SNAP_BYTES];
  __u32 type = walk->type;
  if (type == ETH_P_8021Q || type == ETH_P_8021AD || type == 0x9100) {
    if (load(walk->skb, walk->at, bytes, 4)) {
      walk->kind = KIND_FAILURE;
      return 1;
    }
    walk->type = bytes[2] << 8 | bytes[3];
    walk->at += 4;
    return 0;
  }
  if (type > 1500) {
    walk->kind = KIND_IP;
    return 1;
  }
  // IEEE 802.2 LLC; SNAP with an EtherType (RFC 1042) goes on.
  walk->kind = KIND_FAILURE;
  if (load(walk->skb, walk->at, bytes, 3)) return 1;
  walk->kind = KIND_NON_IP;
  if (bytes[0] != 0xaa || bytes[1] != 0xaa || bytes[2] != 3) return 1;
  walk->kind = KIND_FAILURE;
  if (load(walk->skb, walk->at, bytes, SNAP_BYTES)) return 1;
  walk->kind = KIND_NON_IP;
  walk->type = bytes[6] << 8 | bytes[7];
  if (bytes[3] || bytes[4] || bytes[5] || walk->type < 0x600) return 1;
  walk->kind = KIND_FAILURE;
  walk->at += SNAP_BYTES;
  return 0;
}

static __noinline int decode(struct __sk_buff *skb, struct packet *packet) {
  __be16 type;
  if (settings.link == LINK_IP) return decode_by_version(skb, 0, packet, KIND_FAILURE);
  if (load(skb, 12, &type, sizeof type)) return KIND_FAILURE;
  struct walk walk = {.skb = skb, .at = ETH_HLEN, .type = bpf_ntohs(type), .kind = KIND_FAILURE};
  bpf_loop(MAX_LAYERS, next_layer, &walk, 0);
  if (walk.kind != KIND_IP) return walk.kind;
  switch (walk.type) {
    case ETH_P_IP: return decode_ipv4(skb, walk.at, packet);
    case ETH_P_IPV6: return decode_ipv6(skb, walk.at, packet);
    case ETH_P_MPLS_UC:
    case ETH_P_MPLS_MC: return decode_mpls(skb, walk.at, packet);
    case ETH_P_PPP_SES: return decode_pppoe(skb, walk.at, packet);
    default: return KIND_NON_IP;
  }
}

// ---- Decoding, fast: an untagged packet that states its length, read in place. Anything else is left to `decode`.

// `at` is a constant where this is inlined: without CAP_PERFMON the kernel allows no other offset into a packet.
static __always_inline int decode_at(struct __sk_buff *skb, struct packet *packet, const __u32 at) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  __be32 *header = data + at;
  if (data + at + IPV4_BYTES > end) return KIND_SLOW;
  __be16 type = at == 0 ? 0 : *(__be16 *)(data + 12);
  __u32 first = bpf_ntohl(header[0]);
  packet->at = at;
  if (first >> 28 == 4 && (at == 0 || type == bpf_htons(ETH_P_IP))) {
    __u32 bytes = first & 0xffff, header_bytes = (first >> 24 & 0xf) << 2;
    if (header_bytes < IPV4_BYTES || bytes < header_bytes) return KIND_SLOW;
    packet->bytes = bytes;
    map_ipv4(packet->source, header[3]);
    map_ipv4(packet->destination, header[4]);
    return KIND_IP;
  }
  if (first >> 28 != 6 || (at != 0 && type != bpf_htons(ETH_P_IPV6))) return KIND_SLOW;
  if (data + at + IPV6_BYTES > end) return KIND_SLOW;
  __u32 payload = bpf_ntohl(header[1]) >> 16;
  if (payload == 0) return KIND_SLOW;
  packet->bytes = IPV6_BYTES + payload;
  __builtin_memcpy(packet->source, &header[2], 16);
  __builtin_memcpy(packet->destination, &header[6], 16);
  return KIND_IP;
}

static __always_inline int decode_in_place(struct __sk_buff *skb, struct packet *packet) {
  return settings.link == LINK_IP ? decode_at(skb, packet, 0) : decode_at(skb, packet, ETH_HLEN);
}

// ---- Segmentation offload: one packet here is several on the wire, each with the headers of the first.

// Bytes of the headers up to the payload of TCP or UDP, 0 where there is neither; `*absent` of them are not on the wire:
// the hop-by-hop header with which Linux states the length of a BIG TCP packet to itself.
static __noinline __u32 repeated_headers(struct __sk_buff *skb, __u32 at, __u32 *absent) {
  __u8 first, protocol, extension[2], offset;
  __u32 start = at;
  if (load(skb, at, &first, 1)) return 0;
  if (first >> 4 == 4) {
    if (load(skb, at + 9, &protocol, 1)) return 0;
    at += (first & 0xf) << 2;
  } else {
    if (load(skb, at + 6, &protocol, 1)) return 0;
    at += IPV6_BYTES;
    for (int i = 0; i < MAX_EXTENSIONS; i++) {
      if (protocol != NEXT_HOP_BY_HOP && protocol != NEXT_ROUTING && protocol != NEXT_DESTINATION) break;
      if (load(skb, at, extension, sizeof extension)) return 0;
      __u32 bytes = (extension[1] + 1) << 3;
      if (protocol == NEXT_HOP_BY_HOP && jumbo_payload(skb, at)) *absent = bytes;
      protocol = extension[0];
      at += bytes;
    }
  }
  if (protocol == IPPROTO_UDP) return at - start + UDP_BYTES;
  if (protocol != IPPROTO_TCP || load(skb, at + 12, &offset, 1)) return 0;
  return at - start + (offset >> 4 << 2);
}

// Linux/include/linux/skbuff.h: gso_segs may be 0 where a guest or a driver left the count to whoever segments. `added`
// is what the kernel itself adds to what it sends, for the queueing discipline: it knows the inner headers of tunnels
// (net/core/dev.c, qdisc_pkt_len_init). 0, or absurd, where it has not looked.
static __noinline void correct_segments(struct __sk_buff *skb, struct packet *packet, __u32 added) {
  __u32 absent = 0, segments = skb->gso_segs, size = skb->gso_size;
  __u32 headers = repeated_headers(skb, packet->at, &absent);
  if (segments > 1 && added > 0 && added < LONGEST_JUMBO) headers = added / (segments - 1) - packet->at;
  if (headers == 0 || headers >= packet->bytes) return;
  if (segments == 0) segments = (packet->bytes - headers + size - 1) / size;
  packet->packets = segments;
  packet->bytes += (segments - 1) * (headers - absent) - absent;
}

// ---- Counting

// Not static: the kernel then checks it for any argument, and without CAP_PERFMON it allows no index that it knows.
__noinline int filter_bit(__u32 block) {
  return filter[block >> 5 & (2 * BLOCKS / 32 - 1)] >> (block & 31) & 1;
}

static __always_inline int may_hold(const __be32 *address) {
  int is_ipv4 = address[0] == 0 && address[1] == 0 && address[2] == bpf_htonl(0xffff);
  return filter_bit(is_ipv4 ? bpf_ntohl(address[3]) >> 16 : BLOCKS + (bpf_ntohl(address[0]) >> 16));
}

static __always_inline void add(struct usage *usage, const struct packet *packet, int out) {
  if (out) {
    usage->bytes_out += packet->bytes;
    usage->packets_out += packet->packets;
  } else {
    usage->bytes_in += packet->bytes;
    usage->packets_in += packet->packets;
  }
}

static __always_inline void merge(struct usage *usage, const struct usage *more) {
  usage->bytes_in += more->bytes_in;
  usage->packets_in += more->packets_in;
  usage->bytes_out += more->bytes_out;
  usage->packets_out += more->packets_out;
}

struct admission {
  const struct packet *packet;
  struct totals *totals;
  int out;
};

// The first packet of an address in a window, or one for which there is no room. 1 if it counts for a network.
static __noinline int admit(struct usage_key *key, struct admission *admission) {
  struct network_key network_key = {.prefix_length = 128};
  const struct packet *packet = admission->packet;
  struct totals *totals = admission->totals;
  __builtin_memcpy(network_key.address, key->address, 16);
  __u32 *network = bpf_map_lookup_elem(&networks, &network_key);
  if (!network || *network == NO_NETWORK) return 0;
  __u64 out = admission->out, in = 1 - out;
  struct usage first = {
    .bytes_in = in * packet->bytes,
    .packets_in = in * packet->packets,
    .bytes_out = out * packet->bytes,
    .packets_out = out * packet->packets,
    .network = *network + 1,
  };
  long error = bpf_map_update_elem(&usage, key, &first, BPF_NOEXIST);
  if (!error) return 1;
  struct usage *known = error == EEXIST_ERROR ? bpf_map_lookup_elem(&usage, key) : 0;
  if (known) {
    merge(known, &first);
    return 1;
  }
  struct overflow_key overflow_key = {.network = *network, .window = key->window};
  known = bpf_map_lookup_elem(&overflow, &overflow_key);
  if (!known) {
    error = bpf_map_update_elem(&overflow, &overflow_key, &first, BPF_NOEXIST);
    if (error == EEXIST_ERROR) known = bpf_map_lookup_elem(&overflow, &overflow_key);
  }
  if (!known && error) {
    totals->homeless_packets += packet->packets;
    totals->homeless_bytes += packet->bytes;
    return 0;
  }
  if (known) merge(known, &first);
  totals->overflow_packets += packet->packets;
  totals->overflow_bytes += packet->bytes;
  return 1;
}

static __always_inline int count_end(const __be32 *address, __u32 window, const struct packet *packet,
                                     struct totals *totals, int out) {
  if (!may_hold(address)) return 0;
  struct usage_key key = {.window = window};
  __builtin_memcpy(key.address, address, 16);
  struct usage *known = bpf_map_lookup_elem(&usage, &key);
  if (known) {
    add(known, packet, out);
    return 1;
  }
  struct admission admission = {.packet = packet, .totals = totals, .out = out};
  return admit(&key, &admission);
}

static __always_inline void count_packet(struct totals *totals, __u32 window, const struct packet *packet) {
  totals->ip_packets += packet->packets;
  totals->ip_bytes += packet->bytes;
  int ends = count_end(packet->source, window, packet, totals, 1);
  ends += count_end(packet->destination, window, packet, totals, 0);
  if (ends == 0) {
    FIXED_OFFSETS(totals);
    totals->unaccounted_packets += packet->packets;
    totals->unaccounted_bytes += packet->bytes;
  } else if (ends == 2) {
    FIXED_OFFSETS(totals);
    totals->internal_packets += packet->packets;
    totals->internal_bytes += packet->bytes;
  }
}

// No slot is free: the agent was away for longer than there are slots. Counted all the same, but for no address.
static __noinline void count_beyond(__u64 window, __u64 now_ns, int kind, const struct packet *packet) {
  __u32 slot = settings.totals_mask + 1;
  struct totals *beyond = bpf_map_lookup_elem(&totals, &slot);
  if (!beyond) return;
  if (beyond->first_window == 0) beyond->first_window = window;
  beyond->last_window = window;
  beyond->last_ns = now_ns;
  if (kind == KIND_IP) {
    FIXED_OFFSETS(beyond);
    beyond->ip_packets += packet->packets;
    beyond->ip_bytes += packet->bytes;
  } else if (kind == KIND_NON_IP) {
    FIXED_OFFSETS(beyond);
    beyond->non_ip_frames++;
  } else {
    FIXED_OFFSETS(beyond);
    beyond->parse_failures++;
  }
}

static __always_inline void count(struct __sk_buff *skb, int kind, struct packet *packet, int knows_wire_length) {
  __u32 zero = 0;
  struct clock *time = bpf_map_lookup_elem(&clock, &zero);
  if (!time) return;
  __u64 now_ns = bpf_ktime_get_coarse_ns() + time->offset_ns, window = now_ns / settings.window_ns;
  if (window < time->sealed) window = time->sealed;
  __u32 slot = window & settings.totals_mask;
  struct totals *own = bpf_map_lookup_elem(&totals, &slot);
  if (!own) return;
  packet->packets = 1;
  if (kind == KIND_IP && skb->gso_size) correct_segments(skb, packet, knows_wire_length ? skb->wire_len - skb->len : 0);
  if (own->window != window) {
    if (own->window != 0) {
      count_beyond(window, now_ns, kind, packet);
      return;
    }
    own->window = window;
  }
  own->last_ns = now_ns;
  if (kind == KIND_IP) {
    count_packet(own, window, packet);
  } else if (kind == KIND_NON_IP) {
    FIXED_OFFSETS(own);
    own->non_ip_frames++;
  } else {
    FIXED_OFFSETS(own);
    own->parse_failures++;
  }
}

SEC("tc")
int count_tcx(struct __sk_buff *skb) {
  struct packet packet;
  int kind = decode_in_place(skb, &packet);
  if (kind == KIND_SLOW) kind = decode(skb, &packet);
  count(skb, kind, &packet, 1);
  return CONTINUE;
}

SEC("socket")
int count_socket(struct __sk_buff *skb) {
  struct packet packet;
  if (settings.skip_outgoing && skb->pkt_type == 4) return DROP_COPY; // PACKET_OUTGOING, linux/if_packet.h
  int kind = decode(skb, &packet);
  count(skb, kind, &packet, 0);
  return DROP_COPY;
}

char _license[] SEC("license") = "GPL";

// Sends Ethernet frames on one interface through a packet socket that bypasses the queueing discipline, unless --qdisc:
// UDP frames whose addresses cycle over a range, or the frames of a capture file as they are. Prints one line of JSON
// with what the kernel took when it is done and on SIGTERM; "sending" on standard error says that it starts. See traffic.ts.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define MAX_FRAME 65535
#define MAX_HOSTS 65536
#define ETHERNET 14
#define SECOND_NS 1000000000LL
#define MIN_SLEEP_NS 50000LL
#define USAGE "usage: send-frames IF [--count N] [--rate PPS] [--until EPOCH_MS] [--qdisc] " \
  "[--pcap FILE [--loop] | --size BYTES --hosts N [--ipv6] " \
  "[--vary-src] [--src-net A] [--dst-net A] [--src-mac M] [--dst-mac M]]\n"

struct frame {
  uint8_t *bytes;
  uint32_t length, ip_bytes;
};

static struct {
  const char *interface, *pcap, *src, *dst, *src_mac, *dst_mac;
  uint64_t count, rate, until_ms, size, hosts;
  int ipv6, vary_src, loop, qdisc;
} options = {.src_mac = "02:00:00:00:00:01", .dst_mac = "02:00:00:00:00:02", .size = 60, .hosts = 1};

static struct frame *frames; // of a file: all of them; generated: one a slot of the batch
static uint64_t frame_count;
static uint32_t varied_base, udp_sum;
static volatile sig_atomic_t stopped;

static void fail(const char *what) {
  fprintf(stderr, "send-frames: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

static void refuse(const char *what) {
  errno = 0;
  fail(what);
}

static void *allocate(size_t bytes) {
  void *memory = calloc(1, bytes);
  if (!memory) fail("no memory");
  return memory;
}

static uint32_t read16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static uint32_t read32(const uint8_t *at) { return read16(at) << 16 | read16(at + 2); }

static void write16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value) {
  write16(at, value >> 16);
  write16(at + 2, value);
}

// The Internet checksum (RFC 1071) in two steps: add 16-bit words, then fold and invert.
static uint32_t sum_words(const uint8_t *bytes, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < length; i += 2) sum += read16(bytes + i);
  return sum;
}

static uint32_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

// --- Generated frames: Ethernet, IP, UDP to the discard port, zeros; `size` leaves out the frame check sequence.

static size_t ip_header(void) { return options.ipv6 ? 40 : 20; }
static size_t src_at(void) { return ETHERNET + (options.ipv6 ? 8 : 12); }
static size_t dst_at(void) { return ETHERNET + (options.ipv6 ? 24 : 16); }
static size_t varied_at(void) { return (options.vary_src ? src_at() : dst_at()) + (options.ipv6 ? 12 : 0); }

static void write_address(uint8_t *at, const char *text) {
  if (inet_pton(options.ipv6 ? AF_INET6 : AF_INET, text, at) != 1) refuse("an address is not one of the chosen family");
}

static void write_mac(uint8_t *at, const char *text) {
  struct ether_addr mac;
  if (!ether_aton_r(text, &mac)) refuse("a MAC address is none");
  memcpy(at, &mac, 6);
}

static void write_ethernet(uint8_t *frame) {
  write_mac(frame, options.dst_mac);
  write_mac(frame + 6, options.src_mac);
  write16(frame + 12, options.ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
}

static void write_ip(uint8_t *ip, uint32_t ip_bytes) {
  ip[0] = options.ipv6 ? 0x60 : 0x45;
  ip[options.ipv6 ? 6 : 9] = IPPROTO_UDP;
  ip[options.ipv6 ? 7 : 8] = 64;
  if (options.ipv6) write16(ip + 4, ip_bytes - 40);
  else write16(ip + 2, ip_bytes);
}

static void write_udp(uint8_t *udp, uint32_t udp_bytes) {
  write16(udp, 49152);
  write16(udp + 2, 9);
  write16(udp + 4, udp_bytes);
}

static void write_frame(uint8_t *frame) {
  uint32_t ip_bytes = (uint32_t)options.size - ETHERNET, udp_bytes = ip_bytes - (uint32_t)ip_header();
  write_ethernet(frame);
  write_ip(frame + ETHERNET, ip_bytes);
  write_address(frame + src_at(), options.src ? options.src : options.ipv6 ? "2001:db8:ffff::1" : "198.51.100.1");
  write_address(frame + dst_at(), options.dst ? options.dst : options.ipv6 ? "2001:db8::" : "10.0.0.0");
  write_udp(frame + ETHERNET + ip_header(), udp_bytes);
  varied_base = read32(frame + varied_at());
  write32(frame + varied_at(), 0);
  udp_sum = sum_words(frame + src_at(), options.ipv6 ? 32 : 8) + IPPROTO_UDP + udp_bytes +
            sum_words(frame + ETHERNET + ip_header(), 6);
}

static void prepare_slots(void) {
  if (options.size < ETHERNET + ip_header() + 8 || options.size > MAX_FRAME) refuse("--size is out of range");
  if (options.hosts < 1 || options.hosts > MAX_HOSTS) refuse("--hosts is out of range: 1 to 65536");
  frames = allocate(BATCH * sizeof *frames);
  for (int i = 0; i < BATCH; i++) {
    frames[i] = (struct frame){allocate(options.size), (uint32_t)options.size, (uint32_t)options.size - ETHERNET};
    write_frame(frames[i].bytes);
  }
}

static struct frame *generate(uint64_t number) {
  struct frame *frame = &frames[number % BATCH];
  uint8_t *ip = frame->bytes + ETHERNET;
  uint32_t varied = varied_base + (uint32_t)(number % options.hosts);
  uint32_t sum = fold(udp_sum + (varied >> 16) + (varied & 0xffff));
  write32(frame->bytes + varied_at(), varied);
  write16(ip + ip_header() + 6, sum ? sum : 0xffff); // 0 would mean "no checksum" (RFC 768)
  if (options.ipv6) return frame;
  write16(ip + 10, 0);
  write16(ip + 10, fold(sum_words(ip, 20)));
  return frame;
}

// --- Frames of a classic pcap file of link type Ethernet, whole and in order.

static uint32_t stated_ip_bytes(const uint8_t *frame, uint32_t length) {
  uint32_t at = 12;
  while (at + 2 <= length && (read16(frame + at) == ETHERTYPE_VLAN || read16(frame + at) == 0x88a8)) at += 4;
  if (at + 8 > length) return 0;
  if (read16(frame + at) == ETHERTYPE_IP) return read16(frame + at + 4);
  return read16(frame + at) == ETHERTYPE_IPV6 ? read16(frame + at + 6) + 40 : 0;
}

static uint32_t in_file_order(uint32_t value, int swapped) { return swapped ? __builtin_bswap32(value) : value; }

static void append(FILE *file, uint32_t length) {
  if (frame_count % 1024 == 0) frames = realloc(frames, (frame_count + 1024) * sizeof *frames);
  if (!frames || length > MAX_FRAME) refuse("a frame of the capture file is too long");
  uint8_t *bytes = allocate(length);
  if (fread(bytes, 1, length, file) != length) refuse("the capture file ends inside a frame");
  frames[frame_count++] = (struct frame){bytes, length, stated_ip_bytes(bytes, length)};
}

static void load_file(void) {
  FILE *file = fopen(options.pcap, "rb");
  uint32_t header[6], record[4];
  if (!file) fail(options.pcap);
  if (fread(header, 1, sizeof header, file) != sizeof header) refuse("the capture file has no pcap header");
  int swapped = header[0] == 0xd4c3b2a1 || header[0] == 0x4d3cb2a1;
  uint32_t magic = in_file_order(header[0], swapped);
  if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) refuse("the capture file is not a classic pcap");
  if ((in_file_order(header[5], swapped) & 0xffff) != 1) refuse("the capture file is not of link type Ethernet");
  while (fread(record, 1, sizeof record, file) == sizeof record) append(file, in_file_order(record[2], swapped));
  fclose(file);
  if (frame_count == 0) refuse("the capture file holds no frames");
}

// --- Sending

static int64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

// Of the wall clock, which windows follow.
static uint64_t wall_ms(void) { return (uint64_t)(clock_ns(CLOCK_REALTIME) / 1000000); }

static void sleep_until(int64_t ns) {
  struct timespec t = {ns / SECOND_NS, ns % SECOND_NS};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static int open_socket(void) {
  int on = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(options.interface)};
  if (fd < 0) fail("packet socket");
  if (!address.sll_ifindex) fail(options.interface);
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) fail("bind");
  // Frames that bypass the queueing discipline bypass the egress hook and the taps of their own interface too.
  if (!options.qdisc && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on)) fail("PACKET_QDISC_BYPASS");
  return fd;
}

static int over(void) { return stopped || (options.until_ms && wall_ms() >= options.until_ms); }

// How many frames may go now; sleeps first when none is due. Frame k is due k / rate seconds after the start.
static uint64_t allowance(uint64_t sent, int64_t start) {
  if (options.rate == 0) return BATCH;
  int64_t now = now_ns(), due = start + (int64_t)((__int128)sent * SECOND_NS / options.rate);
  if (due > now) sleep_until(due > now + MIN_SLEEP_NS ? due : now + MIN_SLEEP_NS);
  uint64_t by_now = (uint64_t)((__int128)(now_ns() - start) * options.rate / SECOND_NS) + 1;
  return by_now > sent ? by_now - sent : 0;
}

// Frames that the kernel refuses for want of room are offered again, so what is printed is what was sent.
static int send_batch(int fd, uint64_t first, uint64_t wanted, uint64_t *sent_bytes, uint64_t *sent_ip_bytes) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec parts[BATCH];
  struct frame *batch[BATCH];
  int wanted_now = wanted < BATCH ? (int)wanted : BATCH;
  for (int i = 0; i < wanted_now; i++) {
    batch[i] = options.pcap ? &frames[(first + (uint64_t)i) % frame_count] : generate(first + (uint64_t)i);
    parts[i] = (struct iovec){batch[i]->bytes, batch[i]->length};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int sent = sendmmsg(fd, messages, (unsigned)wanted_now, 0);
  if (sent < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) fail("send");
  for (int i = 0; i < sent; i++) {
    *sent_bytes += batch[i]->length;
    *sent_ip_bytes += batch[i]->ip_bytes;
  }
  return sent < 0 ? 0 : sent;
}

static void send_all(void) {
  int fd = open_socket();
  uint64_t sent = 0, bytes = 0, ip_bytes = 0;
  uint64_t limit = options.count ? options.count : options.pcap && !options.loop ? frame_count : UINT64_MAX;
  fputs("sending\n", stderr);
  int64_t start = now_ns();
  uint64_t started_ms = wall_ms();
  while (!over() && sent < limit) {
    uint64_t wanted = allowance(sent, start);
    if (wanted > limit - sent) wanted = limit - sent;
    if (wanted && !over()) sent += (uint64_t)send_batch(fd, sent, wanted, &bytes, &ip_bytes);
  }
  printf("{\"sent\":%lu,\"bytes\":%lu,\"seconds\":%.6f,\"ip_bytes\":%lu,\"started_ms\":%lu,\"ended_ms\":%lu}\n", sent,
         bytes, (double)(now_ns() - start) / 1e9, ip_bytes, started_ms, wall_ms());
}

static uint64_t number(const char *text) {
  char *end;
  errno = 0;
  uint64_t value = strtoull(text, &end, 10);
  if (errno || *end || end == text || *text == '-') refuse("an option is not a whole number");
  return value;
}

static void parse(int argc, char **argv) {
  enum { COUNT = 1, RATE, UNTIL, SIZE, HOSTS, PCAP, SRC, DST, SRC_MAC, DST_MAC };
  static const struct option known[] = {
      {"count", 1, 0, COUNT}, {"rate", 1, 0, RATE}, {"until", 1, 0, UNTIL}, {"size", 1, 0, SIZE},
      {"hosts", 1, 0, HOSTS}, {"qdisc", 0, &options.qdisc, 1}, {"pcap", 1, 0, PCAP}, {"src-net", 1, 0, SRC}, {"dst-net", 1, 0, DST}, {"src-mac", 1, 0, SRC_MAC},
      {"dst-mac", 1, 0, DST_MAC}, {"ipv6", 0, &options.ipv6, 1}, {"vary-src", 0, &options.vary_src, 1},
      {"loop", 0, &options.loop, 1}, {0}};
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (option) {
      case COUNT: options.count = number(optarg); break;
      case RATE: options.rate = number(optarg); break;
      case UNTIL: options.until_ms = number(optarg); break;
      case SIZE: options.size = number(optarg); break;
      case HOSTS: options.hosts = number(optarg); break;
      case PCAP: options.pcap = optarg; break;
      case SRC: options.src = optarg; break;
      case DST: options.dst = optarg; break;
      case SRC_MAC: options.src_mac = optarg; break;
      case DST_MAC: options.dst_mac = optarg; break;
      case '?': fputs(USAGE, stderr); exit(2);
    }
  }
  if (optind != argc - 1) { fputs(USAGE, stderr); exit(2); }
  options.interface = argv[optind];
}

int main(int argc, char **argv) {
  parse(argc, argv);
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  prctl(PR_SET_TIMERSLACK, 1UL);
  if (options.pcap) load_file();
  else prepare_slots();
  send_all();
  return 0;
}

// The keys of the host: [agent], [capture], [[interface]], [account] and [buffer].

import { hostname } from "node:os";

import { z } from "zod";

import { BYTE_LAYERS } from "../model/byte-layer.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import { keyDocs, openTable, parsed, sectionDocs, wholeNumber } from "./fields.ts";
import { readHostName, readListen, readUsername } from "./network-values.ts";
import { readLabel } from "./tables.ts";
import { fileKey } from "./transport-schema.ts";
import * as values from "./values.ts";

const BACKENDS = ["auto", "ebpf", "pcap"] as const;
const ATTACH_KINDS = ["auto", "tcx", "socket"] as const;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const basicAuth = z
  .strictObject({
    username: parsed(readUsername).register(keyDocs, {
      type: "text",
      description: "User name.",
      example: '"operator"',
    }),
    password_file: fileKey("File that holds the password; read again when it changes.", '"status.password"'),
  })
  .optional()
  .register(sectionDocs, {
    description:
      "Asks whoever comes over listen for a user and a password. Needed where listen is not a loopback address: without TLS " +
      "both can be read on the way, so put a proxy or a tunnel in front.",
    commented: true,
  });

export const agent = z.strictObject({
  instance: parsed(values.readName).prefault(hostname).register(keyDocs, {
    type: "text",
    description: "Name of this agent, the label `instance` of everything it pushes.",
    example: '"edge-01.fra"',
    fallback: "the host name",
    commented: true,
  }),
  state_dir: parsed(values.readText).prefault("/var/lib/acct-agent").register(keyDocs, {
    type: "path",
    description: "Folder of the ledger. Relative to the folder of this file.",
    example: '"/var/lib/acct-agent"',
  }),
  listen: parsed(readListen).prefault("127.0.0.1:9112").register(keyDocs, {
    type: "host:port",
    description:
      "Address of the status page, /metrics and /healthz; beyond loopback it needs basic_auth. An empty text turns them off.",
    example: '"127.0.0.1:9112"',
  }),
  listen_names: z.array(parsed(readHostName)).prefault([]).register(keyDocs, {
    type: "list of host names",
    description:
      "Further names that browsers and scrapers may reach listen by; the host name, loopback and the address itself always do.",
    example: '["edge-01.example.net"]',
    commented: true,
  }),
  expose_addresses: z
    .boolean()
    .prefault(false)
    .register(keyDocs, {
      type: "true or false",
      description:
        "Whether /metrics also has the counters of each address, for whoever scrapes instead of being pushed to. With more than " +
        "262,144 active addresses a scrape fails.",
      example: "false",
    }),
  user: parsed((text) => (text === "" ? values.accept(text) : values.readName(text)))
    .prefault("")
    .register(keyDocs, {
      type: "text",
      description:
        "User that the agent becomes when root starts it, keeping its capabilities; an empty text stays who it is. state_dir and " +
        "capture.bpffs must be this user's.",
      example: '"acct-agent"',
      commented: true,
    }),
  log_level: parsed(values.readOneOf(LOG_LEVELS))
    .prefault("info")
    .register(keyDocs, {
      type: LOG_LEVELS.join(", "),
      description: "Least severe level that is logged.",
      example: '"info"',
    }),
  external_labels: openTable(readLabel).prefault({}).register(keyDocs, {
    type: "table of labels",
    description: "Labels to add to everything that is pushed.",
    example: '{ site = "fra" }',
  }),
  basic_auth: basicAuth,
});

export const capture = z.strictObject({
  backend: parsed(values.readOneOf(BACKENDS))
    .prefault("auto")
    .register(keyDocs, {
      type: BACKENDS.join(", "),
      description: "How packets are counted; auto takes ebpf where this host can do it, else pcap.",
      example: '"auto"',
    }),
  attach: parsed(values.readOneOf(ATTACH_KINDS))
    .prefault("auto")
    .register(keyDocs, {
      type: ATTACH_KINDS.join(", "),
      description:
        "How the eBPF program sees packets: tcx (Linux 6.6) goes on without the agent, socket does not; auto takes tcx where the kernel has it.",
      example: '"auto"',
    }),
  bpffs: parsed(values.readText).prefault("/sys/fs/bpf").register(keyDocs, {
    type: "path",
    description: "The BPF file system in which the kernel's counters are kept; mounted where it is not.",
    example: '"/sys/fs/bpf"',
  }),
  ring: parsed(values.readByteSize(8 * 2 ** 20, 2 ** 30))
    .prefault("16MiB")
    .register(keyDocs, {
      type: "byte size, 8MiB to 1GiB",
      description: "The kernel's packet buffer for each interface that pcap captures.",
      example: '"16MiB"',
    }),
  max_addresses: wholeNumber(1, 2 ** 20)
    .prefault(65_536)
    .register(keyDocs, {
      type: "whole number, 1 to 1048576",
      description:
        "Addresses that a window can hold for each interface; the rest is counted as overflow. The kernel's map has room for two such windows.",
      example: "65536",
    }),
});

export const networkInterface = z.strictObject({
  name: parsed(values.readInterfaceName).register(keyDocs, {
    type: "text, 1 to 15 characters",
    description: "Name of the interface, as `ip link` shows it.",
    example: '"eth0"',
  }),
});

export const account = z.strictObject({
  window: parsed(values.readWindow).prefault("60s").register(keyDocs, {
    type: "duration, 5s to 300s",
    description: "Length of a window; divides the billing interval of 300s.",
    example: '"60s"',
  }),
  idle_timeout: parsed(values.readDuration(0)).prefault("1h").register(keyDocs, {
    type: "duration, at least window",
    description: "How long the counters of a silent address are repeated.",
    example: '"1h"',
  }),
  byte_layer: parsed(values.readOneOf(BYTE_LAYERS))
    .prefault("ip")
    .register(keyDocs, {
      type: BYTE_LAYERS.join(", "),
      description:
        "What a packet's bytes include: ip is the IP packet, ethernet adds MAC header, tags and FCS, wire also preamble and gap.",
      example: '"ip"',
    }),
  vlan_tags: wholeNumber(0, 4).prefault(0).register(keyDocs, {
    type: "whole number, 0 to 4",
    description: "VLAN tags on each frame, which the layers ethernet and wire add.",
    example: "0",
  }),
});

export const buffer = z.strictObject({
  max_bytes: parsed(values.readByteSize(16 * 2 ** 20))
    .prefault("2GiB")
    .register(keyDocs, {
      type: "byte size, at least 16MiB",
      description: "Most disk space that the ledger takes.",
      example: '"2GiB"',
    }),
  retention: parsed(values.readDuration(BILLING_INTERVAL_MS)).prefault("100d").register(keyDocs, {
    type: "duration, at least 5m",
    description: "How long the ledger keeps billing intervals.",
    example: '"100d"',
  }),
});

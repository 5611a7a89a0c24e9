// Rules of single keys: each row is a file with one problem and the line that reports it.

import { describe, expect, it } from "vitest";

import { problemsOf } from "./load.ts";

const network = (rest: string): string => `[[network]]\nname = "n"\nprefixes = ["192.0.2.0/24"]\n${rest}`;
const endpoint = (rest: string): string => `[[remote_write]]\nname = "c"\nurl = "http://h/"\n${rest}`;
const contract = (rest: string): string => `[[contract]]\ncustomer = "c"\n${rest}`;

const URL_FIX = 'write e.g. "https://prometheus.example.net/api/v1/write"';
const CRON_FIX = 'write e.g. "*/15 * * * * *"';
const INTERFACE_FIX = 'write 1 to 15 characters without "/", ":" and white space, e.g. "eth0"';

const ROWS: readonly (readonly [rule: string, toml: string, line: string])[] = [
  ["an unknown section", "[netwrok]", "netwrok: is an unknown key; did you mean network?"],
  ["an unknown key", 'agent.log_levl = "x"', "agent.log_levl: is an unknown key; did you mean log_level?"],
  [
    "an unknown key near nothing",
    "[capture]\nzzz = 1",
    "capture.zzz: is an unknown key; use one of backend, attach, bpffs, ring, max_addresses",
  ],
  ["a hostile key", "[buffer]\n__proto__ = 1", "buffer.__proto__: is an unknown key; use one of max_bytes, retention"],
  ["a section written as a list", "[[agent]]", "agent: is a list; write [agent]"],
  ["a list of sections written as one", "[network]", "network: is a table; write [[network]]"],
  ["text in place of sections", 'interface = ["eth0"]', "interface[0]: is text; write [[interface]]"],
  [
    "a number for text",
    "account.window = 60",
    'account.window = 60: is a number; write text in quotes, e.g. window = "60s"',
  ],
  [
    "text for a number",
    'account.vlan_tags = "1"',
    'account.vlan_tags = "1": is text; write a number without quotes, e.g. vlan_tags = 0',
  ],
  [
    "text for a list",
    '[[network]]\nname = "n"\nprefixes = "::/0"',
    'network[0].prefixes = "::/0": is text; write a list, e.g. prefixes = ["192.0.2.0/25", "2001:db8:1::/48"]',
  ],
  ["a number in a list", network("ranges = [1]"), "network[0].ranges[0] = 1: is a number; write text in quotes"],
  [
    "a date for text",
    "agent.instance = 2026-01-01",
    'agent.instance = "2026-01-01": is a date or time; write text in quotes, e.g. instance = "edge-01.fra"',
  ],
  ["a missing key", "[[interface]]", 'interface[0].name: is missing; add e.g. name = "eth0"'],
  ["an empty name", 'agent.instance = ""', 'agent.instance = "": is empty; write at least one character'],
  [
    "a control character in a name",
    'agent.instance = "a\\u0085b"',
    'agent.instance = "a\\u0085b": has a control character; remove it',
  ],
  [
    "a listener for everyone",
    'agent.listen = "0.0.0.0:9112"',
    'agent.listen = "0.0.0.0:9112": is not a loopback address and has no authentication; add [agent.basic_auth] with username and password_file, or write "127.0.0.1:9112"',
  ],
  [
    "a listener on a host's name",
    'agent.listen = "edge-01:80"',
    'agent.listen = "edge-01:80": is not a loopback address and has no authentication; add [agent.basic_auth] with username and password_file, or write "127.0.0.1:80"',
  ],
  ...["9112", "127.0.0.1", "::1:9112", "[::1]", "[x]:1", "127.0.0.1:65536", ":80"].map(
    (listen) =>
      [
        `the listener ${listen}`,
        `agent.listen = "${listen}"`,
        `agent.listen = "${listen}": is not host:port; write e.g. "127.0.0.1:9112" or "[::1]:9112"`,
      ] as const,
  ),
  ...["http://edge-01", "edge-01:9112", "a b", "", "-"].map(
    (name) =>
      [
        `the host name ${name}`,
        `agent.listen_names = ["${name}"]`,
        `agent.listen_names[0] = "${name}": is not a host name; write it without scheme and port, e.g. "edge-01.example.net"`,
      ] as const,
  ),
  [
    "a log level",
    'agent.log_level = "trace"',
    'agent.log_level = "trace": is not one of debug, info, warn, error; write one of them',
  ],
  [
    "a backend",
    'capture.backend = "xdp"',
    'capture.backend = "xdp": is not one of auto, ebpf, pcap; write one of them',
  ],
  ["a small ring", 'capture.ring = "4MiB"', 'capture.ring = "4MiB": must be from 8MiB to 1GiB; write "8MiB"'],
  ["a large ring", 'capture.ring = "2GiB"', 'capture.ring = "2GiB": must be from 8MiB to 1GiB; write "1GiB"'],
  [
    "a byte size without a unit",
    'capture.ring = "33554432"',
    'capture.ring = "33554432": is not a byte size; write a whole number and B, KiB, MiB, GiB, KB, MB or GB, e.g. "64MiB"',
  ],
  [
    "no addresses",
    "capture.max_addresses = 0",
    "capture.max_addresses = 0: must be a whole number from 1 to 1048576; write 1",
  ],
  [
    "a fraction of a tag",
    "account.vlan_tags = 1.5",
    "account.vlan_tags = 1.5: must be a whole number from 0 to 4; write 2",
  ],
  ...["", "a b", "a/b", "sixteen-letters-", "..", "ä".repeat(8)].map(
    (name) =>
      [
        `the interface ${JSON.stringify(name)}`,
        `[[interface]]\nname = "${name}"`,
        `interface[0].name = "${name}": is not an interface name; ${INTERFACE_FIX}`,
      ] as const,
  ),
  [
    "a window that does not divide the interval",
    'account.window = "70s"',
    'account.window = "70s": does not divide the billing interval of 300s; write "75s"',
  ],
  ["a short window", 'account.window = "4s"', 'account.window = "4s": must be from 5s to 5m; write "5s"'],
  ["a long window", 'account.window = "10m"', 'account.window = "10m": must be from 5s to 5m; write "5m"'],
  [
    "no duration",
    'account.idle_timeout = "1 hour"',
    'account.idle_timeout = "1 hour": is not a duration; write a whole number and ms, s, m, h, d or w, e.g. "30s"',
  ],
  [
    "a byte layer",
    'account.byte_layer = "eth"',
    'account.byte_layer = "eth": is not one of ip, ethernet, wire; write one of them',
  ],
  [
    "host bits in a prefix",
    '[[network]]\nname = "n"\nprefixes = ["192.0.2.1/24"]',
    'network[0].prefixes[0] = "192.0.2.1/24": has bits set after /24; write 192.0.2.0/24',
  ],
  [
    "a prefix that is none",
    '[[network]]\nname = "n"\nprefixes = ["example.net"]',
    'network[0].prefixes[0] = "example.net": is not an IPv4 or IPv6 prefix; write e.g. 192.0.2.0/24',
  ],
  [
    "a range in the wrong order",
    '[[network]]\nname = "n"\nranges = ["192.0.2.9-192.0.2.1"]',
    'network[0].ranges[0] = "192.0.2.9-192.0.2.1": starts after it ends; swap the two addresses',
  ],
  [
    "a range of two families",
    '[[network]]\nname = "n"\nranges = ["192.0.2.9-::1"]',
    'network[0].ranges[0] = "192.0.2.9-::1": mixes IPv4 and IPv6; write one range for each',
  ],
  [
    "bill_by",
    network('bill_by = "host"'),
    'network[0].bill_by = "host": is not one of network, address; write one of them',
  ],
  ["a small ledger", 'buffer.max_bytes = "1MiB"', 'buffer.max_bytes = "1MiB": must be at least 16MiB; write "16MiB"'],
  [
    "a URL of another scheme",
    'query.url = "ftp://h/"',
    `query.url = "ftp://h/": is not a http or https URL; ${URL_FIX}`,
  ],
  ["a URL without a scheme", 'query.url = "h:9090"', `query.url = "h:9090": is not a http or https URL; ${URL_FIX}`],
  [
    "credentials in a URL",
    'query.url = "https://me:hunter2@h/"',
    'query.url = "https://***@h/": has credentials; remove them and use basic_auth with username and password_file',
  ],
  [
    "a cron pattern without seconds",
    endpoint('schedule = "* * * * *"'),
    'remote_write[0].schedule = "* * * * *": is not a cron pattern of six fields, seconds first ' +
      `(mode '6-part' requires exactly 6 parts, but pattern '* * * * *' has 5 parts); ${CRON_FIX}`,
  ],
  [
    "a cron pattern out of range",
    endpoint('schedule = "61 * * * * *"'),
    'remote_write[0].schedule = "61 * * * * *": is not a cron pattern of six fields, seconds first ' +
      `(Invalid value for second: 61); ${CRON_FIX}`,
  ],
  [
    "a cron pattern without a next run",
    endpoint('schedule = "0 0 0 31 2 *"'),
    `remote_write[0].schedule = "0 0 0 31 2 *": never runs; ${CRON_FIX}`,
  ],
  [
    "a time-out",
    endpoint('remote_timeout = "1h"'),
    'remote_write[0].remote_timeout = "1h": must be from 100ms to 10m; write "10m"',
  ],
  [
    "a boolean",
    endpoint('tls_config.insecure_skip_verify = "no"'),
    'remote_write[0].tls_config.insecure_skip_verify = "no": is text; write true or false, e.g. insecure_skip_verify = false',
  ],
  [
    "a time zone",
    contract('time_zone = "Mars/Olympus"'),
    'contract[0].time_zone = "Mars/Olympus": is not an IANA time zone; write e.g. "Europe/Berlin"',
  ],
  [
    "an offset as a time zone",
    contract('time_zone = "+01:00"'),
    'contract[0].time_zone = "+01:00": is not an IANA time zone; write e.g. "Europe/Berlin"',
  ],
  [
    "a date in quotes",
    contract('starts = "2026-10-16"'),
    'contract[0].starts = "2026-10-16": is not a date; write year, month and day without quotes, e.g. 2026-10-16',
  ],
  [
    "a time for a date",
    contract("ends = 2026-10-16T00:00:00Z"),
    'contract[0].ends = "2026-10-16T00:00:00.000Z": is not a date; write year, month and day without quotes, e.g. 2026-10-16',
  ],
  [
    "a number for a decimal",
    contract("commit_mbps = 100"),
    'contract[0].commit_mbps = 100: is a number; write text in quotes, e.g. commit_mbps = "100"',
  ],
  ...["-1", "1e3", "1.1234567", "99999999999"].map(
    (mbps) =>
      [
        `the commit ${mbps}`,
        contract(`commit_mbps = "${mbps}"`),
        `contract[0].commit_mbps = "${mbps}": is not a decimal number of Mbps; write at most six digits after the point, e.g. "12.5"`,
      ] as const,
  ),
];

describe("a problem of one key", () => {
  it.each(ROWS)("is reported for %s", (_rule, toml, line) => {
    expect(problemsOf(toml)).toEqual([`agent.toml: ${line}`]);
  });
});

// Rules that join several keys, and how problems are reported together.

import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { ConfigError, loadConfig } from "../../../src/config/config.ts";
import { inFolder, problemsOf, problemsOfFile } from "./load.ts";

const network = (name: string, rest: string): string => `[[network]]\nname = "${name}"\n${rest}\n`;
const contract = (rest: string): string => `[[contract]]\ncustomer = "c"\n${rest}\n`;
const endpoint = (name: string, rest = ""): string =>
  `[[remote_write]]\nname = "${name}"\nurl = "http://h/"\n${rest}\n`;

const OVERLAP = "of the same customer and name; write another name or other dates";

describe("names", () => {
  it.each([
    ["interfaces", "interface", '[[interface]]\nname = "a"\n'],
    ["networks", "network", network("a", 'labels = { x = "y" }')],
    ["endpoints", "remote_write", endpoint("a")],
  ])("of %s are unique", (_what, section, toml) => {
    expect(problemsOf(toml + toml)).toContain(
      `agent.toml: ${section}[1].name = "a": is the name of ${section}[0].name too; write another name`,
    );
  });
});

describe("a listener beyond loopback", () => {
  const agent = (listen: string, rest = ""): string => `[agent]\nlisten = "${listen}"\n${rest}\n`;
  const basic = 'basic_auth = { username = "u", password_file = "agent.toml" }';

  it.each(["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1", "LocalHost:1", ""])("is not %j", (listen) => {
    expect(problemsOf(agent(listen))).toEqual([]);
  });

  it.each(["0.0.0.0:9112", "[::]:9112", "192.0.2.1:9112", "[::ffff:192.0.2.1]:9112", "edge-01:9112"])(
    "is %j, and needs basic_auth",
    (listen) => {
      expect(problemsOf(agent(listen))).toEqual([
        `agent.toml: agent.listen = "${listen}": is not a loopback address and has no authentication; add [agent.basic_auth] with username and password_file, or write "127.0.0.1:9112"`,
      ]);
      expect(problemsOf(agent(listen, basic))).toEqual([]);
    },
  );

  it("has a password file that can be read", () => {
    expect(problemsOf(agent("0.0.0.0:1", basic.replace("agent.toml", "none")))).toEqual([
      'agent.toml: agent.basic_auth.password_file = "none": cannot be read (no such file); make none readable',
    ]);
  });
});

describe("networks", () => {
  it("have at least one prefix or range", () => {
    expect(problemsOf(network("a", ""))).toEqual([
      "agent.toml: network[0]: has no prefix and no range; add prefixes or ranges",
    ]);
  });

  it("may nest their prefixes", () => {
    expect(problemsOf(network("a", 'prefixes = ["10.0.0.0/8"]') + network("b", 'prefixes = ["10.0.0.0/9"]'))).toEqual(
      [],
    );
  });

  it("do not list a prefix twice, in whichever spelling", () => {
    const toml =
      network("a", 'prefixes = ["2001:db8::/32", "192.0.2.1", "192.0.2.1/32"]') +
      network("b", 'prefixes = ["2001:0db8::/32"]');
    expect(problemsOf(toml)).toEqual([
      'agent.toml: network[0].prefixes[2] = "192.0.2.1/32": is already listed in network[0].prefixes[1]; remove one of the two',
      'agent.toml: network[1].prefixes[0] = "2001:0db8::/32": is already listed in network[0].prefixes[0]; remove one of the two',
    ]);
  });

  it("do not list a prefix of a range again", () => {
    const toml = network("a", 'prefixes = ["192.0.2.2", "192.0.2.0/24"]\nranges = ["192.0.2.0-192.0.2.2"]');
    expect(problemsOf(toml)).toEqual([
      'agent.toml: network[0].ranges[0] = "192.0.2.0-192.0.2.2": covers 192.0.2.2/32, which network[0].prefixes[0] lists too; ' +
        "take it out of one of the two",
    ]);
  });

  it("do not repeat an external label", () => {
    const toml = `agent.external_labels = { site = "x" }\n${network("a", 'prefixes = ["::1"]\nlabels = { site = "y" }')}`;
    expect(problemsOf(toml)).toEqual([
      'agent.toml: network[0].labels.site = "y": is in agent.external_labels too; remove one of the two',
    ]);
  });
});

describe("the idle time-out", () => {
  it("is not shorter than the window", () => {
    expect(problemsOf('account.idle_timeout = "59s"')).toEqual([
      'agent.toml: account.idle_timeout = "59s": is shorter than the window of 1m; write at least "1m"',
    ]);
  });

  it("may equal it", () => {
    expect(problemsOf('account.idle_timeout = "5s"\naccount.window = "5s"')).toEqual([]);
  });
});

describe("connections", () => {
  it("have one kind of authentication", () => {
    const both =
      'basic_auth = { username = "u", password_file = "agent.toml" }\nauthorization = { credentials_file = "agent.toml" }';
    expect(problemsOf(endpoint("a", both))).toEqual([
      "agent.toml: remote_write[0].authorization: stands next to basic_auth; remove one of the two",
    ]);
  });

  it.each([
    ["cert_file", "key_file"],
    ["key_file", "cert_file"],
  ])("need both files of a client's certificate: %s alone", (has, lacks) => {
    expect(problemsOf(endpoint("a", `tls_config.${has} = "agent.toml"`))).toEqual([
      `agent.toml: remote_write[0].tls_config.${has} = "agent.toml": needs ${lacks}; add it`,
    ]);
  });

  it.each([
    ["basic_auth", "password_file", 'username = "u", '],
    ["authorization", "credentials_file", ""],
    ["tls_config", "ca_file", ""],
  ])("need readable files: %s.%s", (table, key, rest) => {
    expect(problemsOf(`[query]\nurl = "http://h"\n${table} = { ${rest}${key} = "none" }`)).toEqual([
      `agent.toml: query.${table}.${key} = "none": cannot be read (no such file); make none readable`,
    ]);
    expect(problemsOf(endpoint("a", `${table} = { ${rest}${key} = "/" }`))).toEqual([
      `agent.toml: remote_write[0].${table}.${key} = "/": cannot be read (is a folder); make / readable`,
    ]);
  });
});

describe("contracts", () => {
  it("end on or after their first day", () => {
    expect(problemsOf(contract("starts = 2026-10-16\nends = 2026-10-16"))).toEqual([]);
    expect(problemsOf(contract("starts = 2026-10-16\nends = 2026-10-15"))).toEqual([
      'agent.toml: contract[0].ends = "2026-10-15": is before starts (2026-10-16); write a later date',
    ]);
  });

  it.each([
    ["without dates", "", ""],
    ["on one day", "ends = 2026-10-16", "starts = 2026-10-16"],
    ["one inside the other", "starts = 2026-01-01", "starts = 2026-02-01\nends = 2026-03-01"],
  ])("of one customer and name do not overlap: %s", (_how, first, second) => {
    expect(problemsOf(contract(first) + contract(second))).toEqual([
      `agent.toml: contract[1]: overlaps contract[0] ${OVERLAP}`,
    ]);
  });

  it("overlap a long earlier one even after a short one between", () => {
    const terms = [
      "starts = 2026-01-01\nends = 2026-12-31",
      "starts = 2026-02-01\nends = 2026-02-02",
      "starts = 2026-03-01",
    ];
    expect(problemsOf(terms.map(contract).join(""))).toEqual([
      `agent.toml: contract[1]: overlaps contract[0] ${OVERLAP}`,
      `agent.toml: contract[2]: overlaps contract[0] ${OVERLAP}`,
    ]);
  });

  it("may follow each other, and may overlap under another name", () => {
    expect(problemsOf(contract("ends = 2026-10-15") + contract("starts = 2026-10-16"))).toEqual([]);
    expect(problemsOf(contract("") + contract('name = "backup"'))).toEqual([]);
  });
});

describe("a file that cannot be used", () => {
  it("is reported when it is missing", () => {
    inFolder((folder) => {
      const file = join(folder, "none.toml");
      const problem = `${file}: cannot be read (no such file); give a readable UTF-8 file with --config`;
      expect(problemsOfFile(file)).toEqual([problem]);
      expect(problemsOfFile(folder)).toEqual([
        `${folder}: cannot be read (is a folder); give a readable UTF-8 file with --config`,
      ]);
    });
  });

  it("is reported when it is not UTF-8", () => {
    expect(problemsOf(Uint8Array.of(0x23, 0xff))).toEqual([
      "agent.toml: cannot be read (is not UTF-8); give a readable UTF-8 file with --config",
    ]);
  });

  it("is reported with line and column when it is not TOML, without the text of the line", () => {
    expect(problemsOf('[agent]\npassword = "hunter2" x')).toEqual([
      "agent.toml: line 2, column 22: is not TOML: each key-value declaration must be followed by an end-of-line; correct this line",
    ]);
  });
});

describe("all problems", () => {
  it("are reported at once, one line each", () => {
    const toml = `
      account.window = "70s"
      account.idle_timeout = "1s"
      capture.zzz = "a\\nb"
      ${network("a", 'prefixes = ["192.0.2.0/24", "192.0.2.1/24", "192.0.2.0/24"]\nlabels = { job = "a\\nb" }')}
      [[remote_write]]
      url = "x"
      ${contract("starts = 2026-10-16\nends = 2026-10-15\ncommit_mbps = 1")}`;
    expect(problemsOf(toml)).toHaveLength(10);
    expect(problemsOf(toml).filter((line) => !line.startsWith("agent.toml: ") || line.includes("\n"))).toEqual([]);
  });

  it("are the lines of the error's message", () => {
    expect(() => loadConfig("/none\n.toml")).toThrow(
      new ConfigError(["/none\\u000a.toml: cannot be read (no such file); give a readable UTF-8 file with --config"]),
    );
    expect(new ConfigError(["a", "b"]).message).toBe("a\nb");
  });
});

import { describe, expect, it } from "vitest";

import { agentOptions, replayOptions, restartKeys } from "../../../src/agent-options.ts";
import { load } from "../config/load.ts";

const FULL = `
[agent]
instance = "edge-01"
state_dir = "/var/lib/acct-agent"
log_level = "warn"
external_labels = { site = "fra" }
[account]
window = "30s"
idle_timeout = "10m"
byte_layer = "ethernet"
vlan_tags = 1
[buffer]
max_bytes = "1GiB"
retention = "50d"
[[interface]]
name = "eth0"
[[interface]]
name = "eth1"
[[network]]
name = "acme"
prefixes = ["192.0.2.0/24"]
labels = { customer = "acmecorp" }
[[remote_write]]
name = "central"
url = "http://127.0.0.1/api/v1/write"
[[remote_write]]
name = "second"
url = "http://127.0.0.1/api/v1/write"
start = "now"
[[contract]]
customer = "acmecorp"
time_zone = "Europe/Berlin"
`;

describe("agentOptions", () => {
  it("gives the ledger what it needs of a configuration", () => {
    const { ledger, interfaces, networks } = agentOptions(load(FULL));
    expect(interfaces).toEqual(["eth0", "eth1"]);
    expect(networks.map(({ name }) => name)).toEqual(["acme"]);
    expect(ledger).toEqual({
      stateDir: "/var/lib/acct-agent",
      windowMs: 30_000,
      idleTimeoutMs: 600_000,
      byteLayer: "ethernet",
      vlanTags: 1,
      owner: true,
      baseLabels: { instance: "edge-01", job: "acct-agent", site: "fra" },
      networks,
      endpoints: ["central", "second"],
      endpointsFromNow: ["second"],
      contracts: [{ customer: "acmecorp", timeZone: "Europe/Berlin" }],
      maxBytes: 2 ** 30,
      retentionMs: 50 * 86_400_000,
    });
    expect(structuredClone(ledger)).toEqual(ledger);
  });

  it("takes an interface's own addresses where no network is named", () => {
    const { networks } = agentOptions(load('[[interface]]\nname = "lo"\n'));
    expect(networks).toMatchObject([{ name: "host", labels: {}, billBy: "network" }]);
    expect(networks[0]?.prefixes.length).toBeGreaterThan(0);
  });

  it("names the interface that has no address to take", () => {
    expect(() => agentOptions(load('[[interface]]\nname = "nosuch0"\n'))).toThrow(
      /agent\.toml: network: nosuch0 has no address of its own; add \[\[network\]\] with the prefixes to account$/,
    );
  });
});

describe("replayOptions", () => {
  it("leaves what it does not own to the agent, and needs no interface where networks are named", () => {
    const options = replayOptions(load(FULL.replace("eth0", "nosuch0").replace("eth1", "nosuch1")));
    expect(options.ledger).toMatchObject({ owner: false, endpoints: ["central", "second"] });
    expect(options.networks.map(({ name }) => name)).toEqual(["acme"]);
  });
});

describe("restartKeys", () => {
  it.each([
    ["nothing", FULL, FULL, []],
    ["a network, an endpoint, a contract", FULL, FULL.replaceAll("acme", "globex").replace("central", "third"), []],
    ["the instance", FULL, FULL.replace("edge-01", "edge-02"), ["agent"]],
    [
      "the window and the interfaces",
      FULL,
      FULL.replace("30s", "60s").replace("eth1", "eth2"),
      ["interfaces", "account"],
    ],
    ["the counters of addresses", FULL, FULL.replace("log_level", "expose_addresses = true\nlog_level"), ["agent"]],
    ["the host names", FULL, FULL.replace("log_level", 'listen_names = ["a"]\nlog_level'), ["agent"]],
    [
      "who may see the status page",
      FULL,
      FULL.replace("log_level", 'basic_auth = { username = "u", password_file = "agent.toml" }\nlog_level'),
      ["agent"],
    ],
    ["the disk", FULL, FULL.replace("1GiB", "2GiB"), ["buffer"]],
  ])("names the sections that only a restart takes on: %s", (_, before, after, keys) => {
    const [running, changed] = [before, after].map((text) => load(text));
    if (!running || !changed) throw new Error("unreachable");
    expect(restartKeys(running, changed)).toEqual(keys);
  });
});

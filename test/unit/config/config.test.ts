import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { loadConfig } from "../../../src/config/config.ts";
import { formatPrefix } from "../../../src/model/prefix.ts";
import { inFolder, load } from "./load.ts";

const FULL_EXAMPLE = new URL("../../../agent.toml.example", import.meta.url).pathname;

describe("an empty file", () => {
  const config = load("");

  it("has the documented defaults", () => {
    expect(config).toMatchObject({
      agent: {
        instance: hostname(),
        stateDir: "/var/lib/acct-agent",
        listen: { host: "127.0.0.1", port: 9112 },
        listenNames: [],
        exposeAddresses: false,
        basicAuth: null,
        logLevel: "info",
        externalLabels: {},
      },
      capture: { backend: "auto", ringBytes: 16 * 2 ** 20, maxAddresses: 65_536 },
      account: { windowMs: 60_000, idleTimeoutMs: 3_600_000, byteLayer: "ip", vlanTags: 0 },
      buffer: { maxBytes: 2 * 2 ** 30, retentionMs: 100 * 86_400_000 },
      billing: { close: null, graceMs: 86_400_000, outputDir: null },
    });
  });

  it("has no interface, network, endpoint, query or contract", () => {
    const { interfaces, networks, remoteWrite, query, contracts } = config;
    expect({ interfaces, networks, remoteWrite, query, contracts }).toEqual({
      interfaces: [],
      networks: [],
      remoteWrite: [],
      query: null,
      contracts: [],
    });
  });
});

describe("the status page", () => {
  it("is open to further names in lower case, and to one user whose password is in a file", () => {
    inFolder((folder) => {
      const file = join(folder, "agent.toml");
      writeFileSync(join(folder, "secret"), "s3cret");
      const auth = '[agent.basic_auth]\nusername = "operator"\npassword_file = "secret"\n';
      writeFileSync(file, `[agent]\nlisten = "0.0.0.0:80"\nlisten_names = ["Edge.example", "[::2]"]\n${auth}`);
      expect(loadConfig(file).agent).toMatchObject({
        listen: { host: "0.0.0.0", port: 80 },
        listenNames: ["edge.example", "[::2]"],
        basicAuth: { username: "operator", passwordFile: join(folder, "secret") },
      });
    });
  });
});

describe("the example file", () => {
  const config = loadConfig(FULL_EXAMPLE);

  it("loads, and keeps its path as it was given", () => {
    expect(config.file).toBe(FULL_EXAMPLE);
  });

  it("turns ranges into prefixes", () => {
    expect(config.networks.map(({ prefixes }) => prefixes.map(formatPrefix))).toEqual([
      [
        "192.0.2.0/25",
        "2001:db8:1::/48",
        "192.168.1.100/30",
        "192.168.1.104/29",
        "192.168.1.112/28",
        "192.168.1.128/26",
        "192.168.1.192/29",
        "192.168.1.200/32",
      ],
    ]);
  });

  it("has one endpoint with the default schedule and time-out", () => {
    expect(config.remoteWrite).toEqual([
      {
        name: "central",
        url: "https://prometheus.example.net/api/v1/write",
        schedule: "*/15 * * * * *",
        timeoutMs: 30_000,
        headers: {},
        auth: { kind: "none" },
        tls: { minVersion: "TLSv1.2", insecureSkipVerify: false },
        proxy: { kind: "none" },
        protobufMessage: "prometheus.WriteRequest",
        start: "retained",
        catchUp: "sequential",
      },
    ]);
  });

  it("has one contract with every choice", () => {
    expect(config.contracts).toEqual([
      {
        customer: "acmecorp",
        name: "transit",
        selector: { customer: "acmecorp", environment: "production" },
        timeZone: "Europe/Berlin",
        starts: "2026-10-16",
        ends: null,
        percentilePerMille: 950,
        direction: "max_of_percentiles",
        aggregation: "percentile_of_sum",
        gaps: "zero",
        partialMonths: "whole_month",
        byteLayer: "ip",
        commitBps: 100_000_000,
        rounding: null,
        price: { pricing: { kind: "flat", pricePerMbps: "2.50", baseFee: "0" }, currency: "EUR" },
      },
    ]);
  });

  it("closes no bills, and has a folder for them", () => {
    expect(config.billing).toEqual({ close: null, graceMs: 86_400_000, outputDir: "/var/lib/acct-agent/bills" });
  });
});

describe("paths", () => {
  it("are relative to the folder of the configuration file", () => {
    inFolder((folder) => {
      mkdirSync(join(folder, "tls"));
      for (const name of ["password", "token", "tls/ca.pem", "tls/c.pem", "tls/k.pem"])
        writeFileSync(join(folder, name), "x");
      const file = join(folder, "agent.toml");
      writeFileSync(file, CONNECTED);
      const { agent, billing, remoteWrite, query } = loadConfig(file);
      expect(agent.stateDir).toBe(join(folder, "state"));
      expect(billing).toEqual({ close: "0 30 6 2 * *", graceMs: 0, outputDir: join(folder, "bills") });
      expect(remoteWrite[0]).toMatchObject({
        headers: { "X-Scope-OrgID": "fra" },
        auth: { kind: "basic", username: "edge", passwordFile: join(folder, "password") },
        tls: {
          caFile: join(folder, "tls/ca.pem"),
          certFile: join(folder, "tls/c.pem"),
          keyFile: join(folder, "tls/k.pem"),
          serverName: "prometheus",
          insecureSkipVerify: true,
        },
      });
      expect(query).toEqual({
        url: "http://[::1]:9090",
        headers: {},
        auth: { kind: "authorization", type: "Bearer", credentialsFile: join(folder, "token") },
        tls: { minVersion: "TLSv1.2", insecureSkipVerify: false },
        proxy: { kind: "none" },
      });
    });
  });
});

describe("values", () => {
  it.each([
    ["", null],
    ["[::1]:1", { host: "::1", port: 1 }],
    ["localhost:9112", { host: "localhost", port: 9112 }],
    ["127.1.2.3:0", { host: "127.1.2.3", port: 0 }],
  ])("listen takes %j", (listen, expected) => {
    expect(load(`agent.listen = "${listen}"`).agent.listen).toEqual(expected);
  });

  it.each([
    ["0", 0],
    ["12.5", 12_500_000],
    ["0.000001", 1],
    ["1000.1", 1_000_100_000],
  ])("commit_mbps %s is %d bits per second", (mbps, bps) => {
    expect(load(`[[contract]]\ncustomer = "a"\ncommit_mbps = "${mbps}"`).contracts[0]?.commitBps).toBe(bps);
  });

  it.each([
    ["europe/berlin", "Europe/Berlin"],
    ["Etc/UTC", "Etc/UTC"],
    ["Asia/Kolkata", "Asia/Kolkata"],
  ])("the time zone %s becomes %s", (written, timeZone) => {
    expect(load(`[[contract]]\ncustomer = "a"\ntime_zone = "${written}"`).contracts[0]?.timeZone).toBe(timeZone);
  });

  it("networks bill by address on request and keep their labels", () => {
    const [network] = load(
      '[[network]]\nname = "n"\nprefixes = ["::1"]\nbill_by = "address"\nlabels = { a = "ä" }',
    ).networks;
    expect(network).toMatchObject({ name: "n", billBy: "address", labels: { a: "ä" } });
  });

  it("tens of thousands of prefixes load in seconds at most", () => {
    const prefixes = Array.from({ length: 50_000 }, (_, index) => `"2001:db8:${index.toString(16)}::/48"`);
    const startedMs = performance.now();
    const { networks } = load(`[[network]]\nname = "n"\nprefixes = [${prefixes.join(", ")}]`);
    expect(networks[0]?.prefixes).toHaveLength(50_000);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

const CONNECTED = `
[agent]
state_dir = "state"
[billing]
close = "0 30 6 2 * *"
grace = "0s"
output_dir = "bills"
[[remote_write]]
name = "a"
url = "https://192.0.2.1/api/v1/write"
headers = { X-Scope-OrgID = "fra" }
basic_auth = { username = "edge", password_file = "password" }
[remote_write.tls_config]
ca_file = "tls/ca.pem"
cert_file = "tls/c.pem"
key_file = "tls/k.pem"
server_name = "prometheus"
insecure_skip_verify = true
[query]
url = "http://[::1]:9090"
authorization = { credentials_file = "token" }
`;

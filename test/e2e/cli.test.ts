// The command line as a person or a script meets it: exit codes, one line for each mistake, and replay, whose totals and
// ledger rows are known because its capture files are made here. Needs no privileges.

import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { stringify, type TomlTable } from "smol-toml";
import { describe, expect, it } from "vitest";
import { Calendar } from "../../src/model/calendar.ts";
import { WriteRequestBuilder } from "../../src/ship/write-request.ts";
import { AgentProcess, type CommandResult, runCommand } from "../support/agent-process.ts";
import { type CapturedFrame, pcapFile, pcapngFile } from "../support/capture-file.ts";
import { type Flow, framesOf, ipBytesOf, volumesOf } from "../support/flows.ts";
import { cut, ethernet, IPV4, ipv4, zeros } from "../support/frames.ts";
import { ledgerAddresses, ledgerIntervals, ledgerWindows } from "../support/ledger-rows.ts";
import { type MetricsServer, startPrometheus } from "../support/prometheus.ts";
import { Receiver } from "../support/receiver.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";

const ARP = 0x0806;
const INTERVAL_MS = 300_000;
const DAY_MS = 86_400_000;
const NETWORKS = [
  { name: "acme", prefixes: ["10.1.0.0/24", "2001:db8:1::/64"], labels: { customer: "acme" } },
  { name: "silent", prefixes: ["10.9.0.0/24"], labels: { customer: "quiet" } },
];
/** The start of an interval that is over. */
const START_MS = Math.floor((Date.now() - DAY_MS) / INTERVAL_MS) * INTERVAL_MS;

const FLOWS: readonly Flow[] = [
  { source: "198.51.100.7", destination: "10.1.0.1", payload: 100, count: 30 },
  { source: "10.1.0.1", destination: "198.51.100.7", payload: 1_400, count: 20 },
  { source: "2001:db8:ffff::7", destination: "2001:db8:1::1", payload: 64, count: 10 },
  { source: "2001:db8:1::1", destination: "2001:db8:ffff::7", payload: 900, count: 5 },
  { source: "10.1.0.2", destination: "10.1.0.1", payload: 18, count: 4 },
];
const UNACCOUNTED: Flow = { source: "203.0.113.1", destination: "198.51.100.7", payload: 333, count: 7 };
const NON_IP = 3;
const BROKEN = 2;

function isAccounted(address: string): boolean {
  return address.startsWith("10.1.0.") || address.startsWith("2001:db8:1:");
}

/** Every flow, frames that hold no IP and frames cut within their IP header, spread evenly from `fromMs` to `toMs`. */
function capture(fromMs = START_MS, toMs = START_MS + 2 * INTERVAL_MS - 1): CapturedFrame[] {
  const frames = [
    ...[...FLOWS, UNACCOUNTED].flatMap(framesOf),
    ...Array.from({ length: NON_IP }, () => ethernet(ARP, zeros(46))),
    ...Array.from({ length: BROKEN }, () => cut(ethernet(IPV4, ipv4({})), 24)),
  ];
  const stepMs = (toMs - fromMs) / (frames.length - 1);
  return frames.map((frame, index) => ({ timeNs: BigInt(Math.round(fromMs + index * stepMs)) * 1_000_000n, frame }));
}

const FRAMES = capture().length;

/** What `replay --json` says of the addresses in FLOWS, `times` over. */
function expectedAddresses(): object[] {
  const volumes = volumesOf(FLOWS, isAccounted);
  const addresses = ["10.1.0.1", "10.1.0.2", "2001:db8:1::1"];
  return addresses.map((address) => {
    const [into, out] = [volumes.get(`${address} in`), volumes.get(`${address} out`)];
    const [bytes_in, packets_in, bytes_out, packets_out] = [into?.bytes, into?.packets, out?.bytes, out?.packets];
    return { address, network: "acme", bytes_in, packets_in, bytes_out, packets_out };
  });
}

const EXPECTED_TOTALS = {
  ip_packets: sumOf([...FLOWS, UNACCOUNTED], ({ count }) => count),
  ip_bytes: sumOf([...FLOWS, UNACCOUNTED], (flow) => flow.count * ipBytesOf(flow)),
  unaccounted_packets: UNACCOUNTED.count,
  unaccounted_bytes: UNACCOUNTED.count * ipBytesOf(UNACCOUNTED),
  internal_packets: 4,
  internal_bytes: 4 * 46,
  overflow_packets: 0,
  overflow_bytes: 0,
  non_ip_frames: NON_IP,
  parse_failures: BROKEN,
};

function sumOf(flows: readonly Flow[], of: (flow: Flow) => number): number {
  return flows.reduce((sum, flow) => sum + of(flow), 0);
}

/** A folder with a configuration and an empty state folder to come. */
class Desk implements AsyncDisposable {
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(sections: TomlTable = {}): Promise<Desk> {
    const desk = new Desk(await tempFolder());
    // No capture is needed: the agent that ships what replay queued waits for an interface that never comes.
    const config = {
      agent: { instance: "desk", state_dir: "state", listen: "" },
      interface: [{ name: "none0" }],
      network: NETWORKS,
      ...sections,
    };
    await writeFile(desk.configFile, stringify(config));
    return desk;
  }

  get configFile(): string {
    return this.#folder.file("agent.toml");
  }

  get stateDir(): string {
    return this.#folder.file("state");
  }

  /** Writes a file and returns its path. */
  async write(name: string, content: Uint8Array | string): Promise<string> {
    await writeFile(this.#folder.file(name), content);
    return this.#folder.file(name);
  }

  path(name: string): string {
    return this.#folder.file(name);
  }

  replay(...args: readonly string[]): Promise<CommandResult> {
    return runCommand("replay", "--config", this.configFile, ...args);
  }

  async replayJson(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout, complaints } = await this.replay("--json", ...args);
    if (code !== 0) throw new Error(`replay ended with ${code}: ${complaints.join("\n")}`);
    return JSON.parse(stdout);
  }

  /** Everything that the ledger holds of what was accounted. */
  ledger() {
    const { stateDir } = this;
    return {
      windows: ledgerWindows(stateDir),
      intervals: ledgerIntervals(stateDir),
      addresses: ledgerAddresses(stateDir),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** A sample of now, which makes Prometheus tell old from new. */
async function seed(prometheus: MetricsServer): Promise<void> {
  const bodies: Uint8Array[] = [];
  const builder = new WriteRequestBuilder({
    maxSamples: 1,
    baseLabels: {},
    emit: ({ body }) => void bodies.push(body),
  });
  builder.add(builder.template("seed", {}), 1, Date.now());
  builder.flush();
  for (const body of bodies) {
    const headers = { "content-encoding": "snappy", "content-type": "application/x-protobuf" };
    const { status } = await fetch(prometheus.writeUrl, { method: "POST", headers, body: Buffer.from(body) });
    expect(status).toBe(204);
  }
}

describe.concurrent("a mistake on the command line", () => {
  it.each([
    {
      what: "an unknown key",
      config: "[agent]\nstate_dirr = 'x'\n",
      problems: [/agent\.state_dirr: is an unknown key/],
    },
    { what: "a window that does not fit", config: "[account]\nwindow = '7s'\n", problems: [/account\.window = "7s"/] },
    {
      what: "a prefix that is none",
      config: "[[network]]\nname = 'a'\nprefixes = ['10.0.0.0/33']\n",
      problems: [/network\[0\]\.prefixes\[0\]/],
    },
    { what: "no TOML", config: "[agent\n", problems: [/agent\.toml.*line 1/] },
    {
      what: "two problems",
      config: "[[remote_write]]\nname = 'a'\nurl = 'ftp://x'\n[[interface]]\nname = 'eth0-is-far-too-long'\n",
      problems: [/remote_write\[0\]\.url/, /interface\[0\]\.name/],
    },
  ])("in the configuration is one line each, exit code 2: $what", async ({ config, problems }) => {
    await using desk = await Desk.create();
    await desk.write("agent.toml", config);
    for (const args of [[], ["check"], ["replay"], ["status"]]) {
      const files = args[0] === "replay" ? ["capture.pcap"] : [];
      const { code, stdout, complaints } = await runCommand(...args, "--config", desk.configFile, ...files);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(complaints).toHaveLength(problems.length);
      for (const problem of problems) expect(complaints.filter((line) => problem.test(line))).toHaveLength(1);
      for (const line of complaints) expect(line.slice(0, desk.configFile.length + 2)).toBe(`${desk.configFile}: `);
    }
  });

  it.each([
    { what: "an unknown command", args: ["frobnicate"], complaint: /^there is no command "frobnicate"/ },
    { what: "nothing at all", args: [], complaint: /^--config FILE is missing/ },
    { what: "an option without its value", args: ["--config"], complaint: /--config/ },
    {
      what: "a missing file",
      args: ["--config", "/nonexistent/agent.toml"],
      complaint: /^\/nonexistent\/agent\.toml: cannot be read/,
    },
    {
      what: "help about an unknown command",
      args: ["help", "frobnicate"],
      complaint: /^there is no command "frobnicate"/,
    },
    { what: "completion for no shell", args: ["completion"], complaint: /^completion takes bash, zsh or fish, not ""/ },
    { what: "an unknown option", args: ["status", "--wrong"], complaint: /--wrong/ },
    { what: "no configuration", args: ["replay", "capture.pcap"], complaint: /^--config FILE is missing/ },
  ])("is one line and exit code 2: $what", async ({ args, complaint }) => {
    const { code, stdout, complaints } = await runCommand(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(complaints).toEqual([expect.stringMatching(complaint)]);
  });

  it("in a capture file is one line that names it, exit code 1, and nothing is accounted", async () => {
    await using desk = await Desk.create();
    const good = await desk.write("good.pcap", pcapFile(capture()));
    const bad = [
      await desk.write("garbage.pcap", "this is no capture file at all, not even nearly"),
      await desk.write("empty.pcap", ""),
      await desk.write("corrupt.pcap", Buffer.concat([pcapFile(capture()), Buffer.alloc(64, 0xff)])),
      await desk.write("garbage.pcap.gz", gzipSync(pcapFile(capture())).subarray(0, 400)),
      desk.path("missing.pcap"),
      desk.path("."),
    ];
    for (const file of bad) {
      const { code, stdout, complaints } = await desk.replay("--json", good, file);
      expect({ code, stdout, complaints }).toEqual({
        code: 1,
        stdout: "",
        complaints: [expect.stringContaining(file)],
      });
      expect(desk.ledger()).toEqual({ windows: [], intervals: [], addresses: {} });
    }
  });

  it.each([
    { key: "agent.listen", because: "the port is taken", listen: (port: number) => `127.0.0.1:${port}` },
    { key: "agent.state_dir", because: "its path is too long for a socket", stateDir: "a".repeat(120) },
    { key: "agent.state_dir", because: "it is a file", stateDir: "agent.toml" },
  ])("is one line and exit code 1 where it shows at the start: $key, $because", async ({ key, listen, stateDir }) => {
    await using other = await Receiver.start();
    const agent = { instance: "desk", state_dir: stateDir ?? "state", listen: listen?.(other.port) ?? "" };
    await using desk = await Desk.create({ agent });
    const { code, complaints } = await runCommand("--config", desk.configFile);
    expect({ code, complaints }).toEqual({ code: 1, complaints: [expect.stringContaining(key)] });
  });

  it("is told apart from a question: help and version exit with 0", async () => {
    for (const args of [["--help"], ["help"], ["replay", "--help"], ["help", "replay"], ["-h"]]) {
      const { code, stdout, complaints } = await runCommand(...args);
      expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
      expect(stdout).toContain("acct-agent replay --config FILE");
    }
    expect(await runCommand("--version")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe.concurrent("replay", () => {
  it("reports every frame, byte and address of a capture", async () => {
    await using desk = await Desk.create();
    const file = await desk.write("day.pcap", pcapFile(capture()));
    const report = await desk.replayJson(file);
    expect(report).toMatchObject({
      frames: FRAMES,
      first: new Date(START_MS).toISOString(),
      last: new Date(START_MS + 2 * INTERVAL_MS - 1).toISOString(),
      already_accounted: false,
      addresses: expectedAddresses(),
      totals: EXPECTED_TOTALS,
    });
    const { windows, addresses } = desk.ledger();
    expect(windows.reduce((sum, { frames }) => sum + frames, 0)).toBe(FRAMES);
    expect(windows.reduce((sum, { ipBytes }) => sum + ipBytes, 0)).toBe(EXPECTED_TOTALS.ip_bytes);
    expect(addresses["10.1.0.1"]).toMatchObject({ packetsIn: 34, packetsOut: 20 });
  });

  it("writes a row for every network and interval, zeros for a silent one", async () => {
    await using desk = await Desk.create();
    await desk.replayJson(await desk.write("day.pcap", pcapFile(capture())));
    const { intervals } = desk.ledger();
    expect(intervals.map(({ network, startMs }) => ({ network, startMs }))).toEqual(
      ["acme", "silent"].flatMap((network) => [
        { network, startMs: START_MS },
        { network, startMs: START_MS + INTERVAL_MS },
      ]),
    );
    for (const row of intervals.filter(({ network }) => network === "silent")) {
      expect(row).toMatchObject({ bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 });
    }
    const packetsIn = intervals.reduce((sum, row) => sum + row.packetsIn, 0);
    expect(packetsIn).toBe(30 + 10 + 4);
  });

  it("counts the same content once, whatever its name and packing, and says so", async () => {
    await using desk = await Desk.create();
    const content = pcapFile(capture());
    const file = await desk.write("day.pcap", content);
    const first = await desk.replayJson(file);
    const once = desk.ledger();
    const packed = await desk.write("renamed.gz", gzipSync(content));
    for (const again of [file, packed]) {
      const { code, stdout, complaints } = await desk.replay("--json", again);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        frames: FRAMES,
        already_accounted: true,
        addresses: first["addresses"],
        totals: first["totals"],
      });
      expect(complaints).toEqual([expect.stringContaining(again)]);
      expect(desk.ledger()).toEqual(once);
    }
    const both = await desk.replay(file, packed);
    expect(both).toMatchObject({
      code: 0,
      complaints: [expect.stringContaining(file), expect.stringContaining(packed)],
    });
    expect(desk.ledger()).toEqual(once);
  });

  it("counts a file and its gzip once in one call", async () => {
    await using desk = await Desk.create();
    await using reference = await Desk.create();
    const content = pcapFile(capture());
    const file = await desk.write("day.pcap", content);
    const report = await desk.replayJson(file, await desk.write("day.pcap.gz", gzipSync(content)));
    expect(report).toMatchObject({ frames: FRAMES, already_accounted: false, totals: EXPECTED_TOTALS });
    await reference.replayJson(file);
    expect(desk.ledger()).toEqual(reference.ledger());
  });

  it("gives pcap, pcapng and gzip of the same packets the same totals", async () => {
    for (const content of [pcapngFile(capture()), gzipSync(pcapngFile(capture()))]) {
      await using desk = await Desk.create();
      const report = await desk.replayJson(await desk.write("day", content));
      expect(report).toMatchObject({ frames: FRAMES, addresses: expectedAddresses(), totals: EXPECTED_TOTALS });
    }
  });

  it("adds up rotated files that share a window, in one call and in two", async () => {
    await using whole = await Desk.create();
    await whole.replayJson(await whole.write("whole.pcap", pcapFile(capture())));
    const frames = capture();
    const at = Math.floor(frames.length / 2) + 1;
    const halves = [frames.slice(0, at), frames.slice(at)];
    const minute = ({ timeNs }: CapturedFrame): bigint => timeNs / 60_000_000_000n;
    const [before, behind] = [frames[at - 1], frames[at]];
    if (!before || !behind) throw new Error("the capture is too short");
    expect(minute(before), "the halves share a window").toBe(minute(behind));

    await using together = await Desk.create();
    await using apart = await Desk.create();
    const files: string[] = [];
    for (const [index, half] of halves.entries()) files.push(await apart.write(`${index}.pcap`, pcapFile(half)));
    const report = await together.replayJson(...files);
    expect(report).toMatchObject({ frames: FRAMES, addresses: expectedAddresses(), totals: EXPECTED_TOTALS });
    for (const file of files) await apart.replayJson(file);

    const { windows, intervals, addresses } = whole.ledger();
    for (const desk of [together, apart]) {
      const ledger = desk.ledger();
      expect(ledger.intervals).toEqual(intervals);
      expect(ledger.addresses).toEqual(addresses);
      const counted = ({ startMs, frames: count, ipBytes, closed }: (typeof windows)[number]) => ({
        startMs,
        count,
        ipBytes,
        closed,
      });
      expect(ledger.windows.map(counted)).toEqual(windows.map(counted));
    }
  });

  it("accounts under the interface that is named", async () => {
    await using desk = await Desk.create();
    const file = await desk.write("day.pcap", pcapFile(capture()));
    await desk.replayJson(file, "--interface", "uplink-7");
    const { windows, intervals } = desk.ledger();
    expect(new Set([...windows, ...intervals].map((row) => row.interface))).toEqual(new Set(["uplink-7"]));
    await desk.replayJson(await desk.write("other.pcap", pcapFile(capture(START_MS - DAY_MS, START_MS - DAY_MS + 1))));
    expect(new Set(desk.ledger().windows.map((row) => row.interface))).toEqual(new Set(["replay", "uplink-7"]));
  });

  it("counts the bytes of the configured layer", async () => {
    await using desk = await Desk.create({ account: { byte_layer: "ethernet", vlan_tags: 1 } });
    const report = await desk.replayJson(await desk.write("day.pcap", pcapFile(capture())));
    const overhead = 14 + 4 + 4;
    expect(report).toMatchObject({
      totals: { ip_bytes: EXPECTED_TOTALS.ip_bytes + EXPECTED_TOTALS.ip_packets * overhead },
    });
  });

  it("prints a table without --json", async () => {
    await using desk = await Desk.create();
    const { code, stdout, complaints } = await desk.replay(await desk.write("day.pcap", pcapFile(capture())));
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    expect(stdout.split("\n")).toEqual([
      `${FRAMES} frames from ${new Date(START_MS).toISOString()} to ${new Date(START_MS + 2 * INTERVAL_MS - 1).toISOString()}`,
      "76 IP packets, 40971 bytes; unaccounted 7 packets, 2527 bytes",
      "3 non-IP frames, 2 parse failures, 0 bytes overflowed",
      "",
      expect.stringMatching(/^ADDRESS +NETWORK +BYTES IN +PACKETS IN +BYTES OUT +PACKETS OUT$/),
      expect.stringMatching(/^10\.1\.0\.1 +acme +4024 +34 +28560 +20$/),
      expect.stringMatching(/^10\.1\.0\.2 +acme +0 +0 +184 +4$/),
      expect.stringMatching(/^2001:db8:1::1 +acme +1120 +10 +4740 +5$/),
      "",
    ]);
  });
});

describe.concurrent("an agent that runs after a replay", () => {
  it("delivers what replay queued, months of the contract's zone and late halves included", async () => {
    await using prometheus = await startPrometheus({ outOfOrder: true });
    await seed(prometheus);
    // The last interval of Auckland's previous month and the first of its current one.
    const auckland = new Calendar("Pacific/Auckland");
    const month = auckland.monthAt(Date.now() - 2 * INTERVAL_MS);
    const [fromMs, toMs] = [month.startMs - INTERVAL_MS, month.startMs + INTERVAL_MS - 1];
    const endpoint = { name: "central", url: prometheus.writeUrl, schedule: "* * * * * *" };
    await using desk = await Desk.create({
      remote_write: [endpoint],
      contract: [{ customer: "quiet", time_zone: "Pacific/Auckland" }],
    });
    const frames = capture(fromMs, toMs);
    const late = { timeNs: BigInt(toMs) * 1_000_000n, frame: frames[0]?.frame ?? zeros(60) };
    await desk.replayJson(await desk.write("first.pcap", pcapFile(frames)));
    const rest = await desk.replay("--json", await desk.write("rest.pcap", pcapFile([late])));
    expect(rest.complaints.filter((line) => !line.startsWith("{"))).toEqual([
      expect.stringMatching(/^128 bytes belong to intervals that were pushed before/),
    ]);
    await using agent = new AgentProcess({ configFile: desk.configFile, stateDir: desk.stateDir });
    await agent.waitForLog("agent started");
    await waitFor("everything to be delivered", async () => {
      const { body } = await agent.get("/api/status");
      return JSON.parse(body).endpoints[0]?.pending_requests === 0;
    });
    expect(await agent.stop()).toMatchObject({ code: 0 });

    const bytes = await prometheus.exportSeries("acct_bytes_total", fromMs - 2 * INTERVAL_MS, toMs + INTERVAL_MS);
    const volumes = volumesOf(FLOWS, isAccounted);
    expect(bytes).toHaveLength(volumes.size);
    for (const { labels, samples } of bytes) {
      const key = `${labels["ip"]} ${labels["direction"]}`;
      expect(labels).toMatchObject({ interface: "replay", network: "acme", customer: "acme", instance: "desk" });
      const [zero, ...grown] = samples;
      expect({ key, zero }).toEqual({ key, zero: { timeMs: expect.any(Number), value: 0 } });
      expect(((zero?.timeMs ?? 0) + 1) % INTERVAL_MS).toBe(0);
      const total = (volumes.get(key)?.bytes ?? 0) + (key === "10.1.0.1 in" ? 128 : 0);
      expect({ key, total: grown.at(-1)?.value }).toEqual({ key, total });
    }

    const utc = new Calendar("UTC");
    const gauges = await prometheus.exportSeries("acct_interval_bytes", fromMs, toMs);
    const silent = gauges.filter(({ labels }) => labels["network"] === "silent");
    const quiet = [month.startMs - INTERVAL_MS, month.startMs].flatMap((startMs) =>
      ["in", "out"].map((direction) => ({
        time_zone: "Pacific/Auckland",
        period: auckland.monthAt(startMs).period,
        direction,
        samples: [{ timeMs: startMs + INTERVAL_MS - 1, value: 0 }],
      })),
    );
    expect(new Set(quiet.map(({ period }) => period)).size).toBe(2);
    const shown = silent.map(({ labels: { time_zone, period, direction }, samples }) => {
      return { time_zone, period, direction, samples };
    });
    expect(shown).toHaveLength(quiet.length);
    expect(shown).toEqual(expect.arrayContaining(quiet));
    const acme = gauges.filter(({ labels }) => labels["network"] === "acme" && labels["direction"] === "in");
    for (const { labels } of acme) {
      expect(labels).toMatchObject({ time_zone: "UTC", period: utc.monthAt(month.startMs).period });
    }
    const pushed = acme.flatMap(({ samples }) => samples).reduce((sum, { value }) => sum + value, 0);
    const counted = desk.ledger().intervals.filter(({ network }) => network === "acme");
    expect(counted.reduce((sum, { bytesIn }) => sum + bytesIn, 0)).toBe(pushed + 128);
  });
});

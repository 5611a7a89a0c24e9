// Two network namespaces joined by a veth pair, so that a test's packets are the only ones: no duplicate address
// detection, router solicitation, multicast report, ARP or neighbour discovery leaves either end. Needs root.
// Commands run through nsenter: `ip netns exec` would hide the real /sys and with it bpffs.

import { type ChildProcess, execFile, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import { setTimeout as delay } from "node:timers/promises";

const RUN_DIR = "/run/netns";
const STOP_GRACE_MS = 2000;
const run = promisify(execFile);

/** Silences a namespace; settings under `default` reach the interfaces that are made later. */
const SILENCE = `for scope in all default; do
  cd /proc/sys/net/ipv6/conf/$scope
  echo 0 >accept_dad; echo 0 >autoconf; echo 0 >accept_ra; echo 0 >router_solicitations
done
echo 1 >addr_gen_mode`;

export interface PairOptions {
  /** Starts the names of the namespaces; default `acct`. */
  readonly prefix?: string;
  /** False turns checksum, segmentation and receive offload off, so that each packet is one frame. Default true. */
  readonly offloads?: boolean;
}

/** One end of the pair: a namespace with one configured interface. */
export class Namespace {
  readonly name: string;
  readonly interface: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly #children = new Set<ChildProcess>();

  /** `host` 1 or 2 ends the addresses: 192.0.2.H, fd00:acc7::H, 02:00:00:00:01:0H. */
  constructor(name: string, interfaceName: string, host: 1 | 2) {
    this.name = name;
    this.interface = interfaceName;
    this.mac = `02:00:00:00:01:0${host}`;
    this.ipv4 = `192.0.2.${host}`;
    this.ipv6 = `fd00:acc7::${host}`;
  }

  /** The command line that runs `file` inside; nsenter replaces itself, so the process id is the command's own. */
  command(file: string, args: readonly string[]): readonly [file: string, args: string[]] {
    return ["nsenter", [`--net=${RUN_DIR}/${this.name}`, "--", file, ...args]];
  }

  /** Runs a command to its end; rejects with its standard error when it fails. */
  async exec(file: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return run(...this.command(file, args), { maxBuffer: 256 * 1024 * 1024 });
  }

  /** Starts a command that ends with the pair at the latest. */
  spawn(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(...this.command(file, args), options);
    this.#children.add(child);
    child.once("error", () => this.#children.delete(child));
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  /** Frames and bytes (with Ethernet header, without check sequence) that the interface received, sent and dropped. */
  async counters(): Promise<Record<"rx" | "tx", { packets: number; bytes: number; dropped: number }>> {
    const { stdout } = await this.exec("ip", ["-json", "-statistics", "link", "show", "dev", this.interface]);
    return JSON.parse(stdout)[0].stats64;
  }

  async stopCommands(): Promise<void> {
    await Promise.all([...this.#children].map(stopChild));
  }
}

/** `edge` is where an agent under test runs, `peer` where its traffic comes from. Use with `await using`. */
export class NetworkPair implements AsyncDisposable {
  readonly edge: Namespace;
  readonly peer: Namespace;

  private constructor(base: string, id: string) {
    this.edge = new Namespace(`${base}e`, `a${id}e`, 1);
    this.peer = new Namespace(`${base}p`, `a${id}p`, 2);
  }

  /** Makes the pair, both ends up and addressed, after removing what dead test runs left behind. */
  static async create({ prefix = "acct", offloads = true }: PairOptions = {}): Promise<NetworkPair> {
    await removeLeftovers(prefix);
    const counter = freeCounter(prefix);
    const id = `${process.pid.toString(36)}-${counter.toString(36)}`;
    const pair = new NetworkPair(`${prefix}-${process.pid}-${counter}`, id);
    try {
      await pair.#build(offloads);
      return pair;
    } catch (error) {
      await pair[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #build(offloads: boolean): Promise<void> {
    const { edge, peer } = this;
    for (const end of [edge, peer]) await silence(end);
    const far = ["peer", "name", peer.interface, "address", peer.mac, "netns", peer.name];
    const near = ["name", edge.interface, "address", edge.mac, "netns", edge.name];
    await run("ip", ["link", "add", ...near, "type", "veth", ...far]);
    await configure(edge, peer);
    await configure(peer, edge);
    if (!offloads) await Promise.all([disableOffloads(edge), disableOffloads(peer)]);
  }

  /** Stops the commands still running inside and removes both namespaces. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of [this.edge, this.peer]) await removeEnd(end);
  }
}

/** Makes the namespace of an end, and no interface in it speaks unasked. */
export async function silence(end: Namespace): Promise<void> {
  await run("ip", ["netns", "add", end.name]);
  await end.exec("sh", ["-ec", SILENCE]);
}

/** Stops the commands still running inside and removes the namespace. */
export async function removeEnd(end: Namespace): Promise<void> {
  await end.stopCommands();
  await removeNamespace(end.name);
}

/** Without ARP an interface neither asks for its neighbours nor reports its solicited-node groups. */
async function configure(end: Namespace, other: Namespace): Promise<void> {
  const target = `lladdr ${other.mac} dev ${end.interface} nud permanent`;
  await runIp(end, [
    "link set dev lo up",
    `link set dev ${end.interface} multicast off arp off up`,
    `address add ${end.ipv4}/24 dev ${end.interface}`,
    `address add ${end.ipv6}/64 dev ${end.interface} nodad`,
    `neighbour replace ${other.ipv4} ${target}`,
    `neighbour replace ${other.ipv6} ${target}`,
  ]);
}

async function runIp(end: Namespace, commands: readonly string[]): Promise<void> {
  for (const command of commands) await end.exec("ip", command.split(" "));
}

async function disableOffloads(end: Namespace): Promise<void> {
  const features = ["rx", "tx", "sg", "tso", "gso", "gro"].flatMap((feature) => [feature, "off"]);
  await end.exec("ethtool", ["-K", end.interface, ...features]);
}

function freeCounter(prefix: string): number {
  let counter = 0;
  while (existsSync(`${RUN_DIR}/${prefix}-${process.pid}-${counter}e`)) counter++;
  return counter;
}

/** Namespaces named for a process that no longer runs. */
async function removeLeftovers(prefix: string): Promise<void> {
  const names = existsSync(RUN_DIR) ? readdirSync(RUN_DIR) : [];
  for (const name of names) {
    const [start, pid] = name.split(/-(\d+)-\d+[ep]$/);
    if (start === prefix && pid !== undefined && !existsSync(`/proc/${pid}`)) await removeNamespace(name);
  }
}

async function removeNamespace(name: string): Promise<void> {
  if (existsSync(`${RUN_DIR}/${name}`)) await run("ip", ["netns", "delete", name]);
}

async function stopChild(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([ended, delay(STOP_GRACE_MS, undefined, { ref: false })]);
  child.kill("SIGKILL");
  await ended;
}

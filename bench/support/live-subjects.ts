// The programs whose live capture is compared: each counts the packets of one interface, and says how many it counted.
// All have 64 MiB of buffer in the kernel where that can be chosen; the agent has its default.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Namespace } from "../../test/support/netns.ts";
import { AgentProcess } from "./agent-process.ts";
import { ChildOutput, endProcess, pidOf } from "./child-output.ts";
import { processTree } from "./processes.ts";

const BUFFER_BYTES = 64 * 2 ** 20;

export interface LiveSubject extends AsyncDisposable {
  readonly pid: number;
  /** Packets counted since the start, as far as the program has told by now. */
  counted(): Promise<number>;
  /** Packets that the program itself knows it lost; NaN where it does not say. */
  dropped(): Promise<number>;
}

export interface LiveSubjectKind {
  readonly name: string;
  /** How long after the last packet its figure may still grow. */
  readonly settleMs: number;
  /** Resolves when packets are being captured. */
  start(edge: Namespace, folder: string): Promise<LiveSubject>;
}

export const LIVE_SUBJECTS: readonly LiveSubjectKind[] = [
  { name: "acct-agent", settleMs: 8_000, start: startAgent },
  { name: "tcpdump -w /dev/null", settleMs: 3_000, start: startTcpdump },
  { name: "pmacctd src_host,dst_host", settleMs: 3_500, start: startPmacctd },
];

async function startAgent(edge: Namespace, folder: string): Promise<LiveSubject> {
  const agent = await AgentProcess.start(edge, { folder, prefixes: ["10.0.0.0/24"], window: "5s" });
  return {
    pid: agent.pid,
    counted: async () => agent.totals().frames,
    dropped: async () => agent.totals().droppedFrames,
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
}

/** SIGUSR1 makes tcpdump say what it has seen. */
async function startTcpdump(edge: Namespace): Promise<LiveSubject> {
  const options = ["-n", "-s", "96", "-w", "/dev/null", "-B", String(BUFFER_BYTES / 1024)];
  const child = edge.spawn("tcpdump", ["-i", edge.interface, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const output = new ChildOutput(child);
  await output.match(/listening on/);
  const ask = async (): Promise<RegExpExecArray> => {
    const from = output.text.length;
    child.kill("SIGUSR1");
    return output.match(/(\d+) packets? captured, \d+ packets? received by filter, (\d+) packets? dropped/, from);
  };
  return {
    pid: pidOf(child),
    counted: async () => Number((await ask())[1]),
    dropped: async () => Number((await ask())[2]),
    [Symbol.asyncDispose]: () => endProcess(child, "SIGINT"),
  };
}

/** Two processes: the core, and the print plugin that counts. The counts are what it prints, every two seconds. */
async function startPmacctd(edge: Namespace, folder: string): Promise<LiveSubject> {
  const printed = join(folder, "printed.csv");
  const file = join(folder, "pmacctd.conf");
  await writeFile(file, pmacctdConfiguration(edge.interface, printed));
  const child = edge.spawn("pmacctd", ["-f", file], { stdio: ["ignore", "pipe", "pipe"] });
  const output = new ChildOutput(child);
  await output.match(/link type is/);
  await output.match(/cache entries/);
  return {
    pid: pidOf(child),
    counted: async () => sumOfPackets(printed),
    dropped: () => pmacctdDrops(child, output),
    [Symbol.asyncDispose]: () => endProcess(child, "SIGINT"),
  };
}

function pmacctdConfiguration(interfaceName: string, printed: string): string {
  return `daemonize: false
pcap_interface: ${interfaceName}
pmacctd_pipe_size: ${BUFFER_BYTES}
plugins: print
aggregate: src_host,dst_host
plugin_pipe_size: ${BUFFER_BYTES}
plugin_buffer_size: 65536
print_refresh_time: 2
print_output: csv
print_output_file: ${printed}
print_output_file_append: true
`;
}

/** Lines of SRC_IP,DST_IP,PACKETS,BYTES. */
function sumOfPackets(file: string): number {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Nothing is printed yet.
  }
  return text.split("\n").reduce((sum, line) => sum + (Number(line.split(",")[2]) || 0), 0);
}

/** What libpcap tells the core process on SIGUSR1; what the plugin lost shows in its counts alone. */
async function pmacctdDrops(child: ChildProcess, output: ChildOutput): Promise<number> {
  const from = output.text.length;
  const [core = 0] = processTree(pidOf(child));
  process.kill(core, "SIGUSR1");
  return Number((await output.match(/dropped_packets=(\d+)/, from))[1]);
}

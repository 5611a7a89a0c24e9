// pmacctd as a subject. Two processes: the core, and the print plugin that counts. The counts are what it prints, every
// two seconds.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Namespace } from "../../test/support/netns.ts";
import { ChildOutput, endProcess, pidOf } from "./child-output.ts";
import { BUFFER_BYTES, type LiveSubject, type LiveSubjectKind } from "./live-subject.ts";
import { processTree } from "./processes.ts";

export const PMACCTD: LiveSubjectKind = { name: "pmacctd src_host,dst_host", settleMs: 3_500, start: startPmacctd };

async function startPmacctd(edge: Namespace, folder: string): Promise<LiveSubject> {
  const printed = join(folder, "printed.csv");
  const file = join(folder, "pmacctd.conf");
  await writeFile(file, configuration(edge.interface, printed));
  const child = edge.spawn("pmacctd", ["-f", file], { stdio: ["ignore", "pipe", "pipe"] });
  const output = new ChildOutput(child);
  await output.match(/link type is/);
  await output.match(/cache entries/);
  return {
    pid: pidOf(child),
    counted: async () => sumOfPackets(printed),
    dropped: () => dropsOf(child, output),
    [Symbol.asyncDispose]: () => endProcess(child, "SIGINT"),
  };
}

function configuration(interfaceName: string, printed: string): string {
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
async function dropsOf(child: ChildProcess, output: ChildOutput): Promise<number> {
  const from = output.text.length;
  const [core = 0] = processTree(pidOf(child));
  process.kill(core, "SIGUSR1");
  return Number((await output.match(/dropped_packets=(\d+)/, from))[1]);
}

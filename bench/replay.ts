// Replay of a capture file into the ledger, next to tcpdump and pmacctd reading the same file, also from gzip.

import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { tempFolder, type TempFolder } from "../test/support/temp-folder.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { MAIN } from "./support/built.ts";
import { writeCaptureFile } from "./support/capture-file-writer.ts";
import { fixed, median, ratio, whole } from "./support/statistics.ts";

const PACKETS = 5_000_000;
const HOSTS = 254;
const PACKETS_PER_SECOND = 20_000;

interface Subject {
  readonly name: string;
  readonly packed: boolean;
  /** Runs in the first round alone. */
  readonly once?: boolean;
  /** A shell command; `run` is a number of its own for each run. */
  readonly command: (run: number) => string;
}

interface Measured {
  readonly subject: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

export async function replay({ rounds, progress }: BenchmarkOptions): Promise<Report> {
  await using folder = await tempFolder();
  // tcpdump gives up root before it reads.
  await chmod(folder.path, 0o755);
  progress(`replay: writing ${PACKETS} packets`);
  await prepare(folder);
  const subjects = subjectsIn(folder);
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects.filter(({ once }) => round === 0 || once !== true)) {
      progress(`replay: round ${round + 1} of ${rounds}, ${subject.name}`);
      measured.push({ subject: subject.name, ...(await timed(subject.command(round))) });
    }
  }
  return report(subjects, measured);
}

async function prepare(folder: TempFolder): Promise<void> {
  const startSeconds = Math.floor(Date.now() / 1000) - 86_400;
  const shape = { packets: PACKETS, hosts: HOSTS, startSeconds, packetsPerSecond: PACKETS_PER_SECOND };
  await writeCaptureFile(folder.file("packets.pcap"), shape);
  await promisify(execFile)("gzip", ["--keep", "-1", folder.file("packets.pcap")]);
  await writeFile(
    folder.file("pmacctd.conf"),
    `daemonize: false
plugins: print
aggregate: src_host,dst_host
pcap_savefile: ${folder.file("packets.pcap")}
plugin_pipe_size: 67108864
plugin_buffer_size: 65536
print_refresh_time: 60
print_output: csv
print_output_file: ${folder.file("printed.csv")}
`,
  );
}

function subjectsIn(folder: TempFolder): readonly Subject[] {
  const plain = folder.file("packets.pcap");
  const ours = (run: number, file: string): string => {
    const name = file === plain ? `plain-${run}` : `gzip-${run}`;
    const toml = `[agent]\\nstate_dir = "${folder.file(name)}"\\n[[network]]\\nname = "bench"\\nprefixes = ["10.0.0.0/24"]\\n`;
    const config = folder.file(`${name}.toml`);
    return `printf '${toml}' > ${config} && ${process.execPath} ${MAIN} replay --config ${config} --json ${file} > ${folder.file("report.json")} && grep -q '"ip_packets": ${PACKETS}' ${folder.file("report.json")}`;
  };
  return [
    { name: "acct-agent replay", packed: false, command: (run) => ours(run, plain) },
    { name: "tcpdump -r F -w /dev/null", packed: false, command: () => `tcpdump -r ${plain} -w /dev/null` },
    { name: "tcpdump -n -r F ip >/dev/null", packed: false, command: () => `tcpdump -n -r ${plain} ip > /dev/null` },
    {
      name: "pmacctd, pcap_savefile",
      packed: false,
      once: true,
      command: () => `pmacctd -f ${folder.file("pmacctd.conf")}`,
    },
    { name: "acct-agent replay, gzip", packed: true, command: (run) => ours(run, `${plain}.gz`) },
    {
      name: "gzip -dc | tcpdump -r - -w /dev/null",
      packed: true,
      command: () => `gzip -dc ${plain}.gz | tcpdump -r - -w /dev/null`,
    },
  ];
}

/** Wall clock and CPU of a command and everything that it starts. */
async function timed(command: string): Promise<{ wallSeconds: number; cpuSeconds: number }> {
  const script = `set -o pipefail; TIMEFORMAT='timed %R %U %S'; time { ${command}; }`;
  const { stderr } = await promisify(execFile)("bash", ["-c", script], { timeout: 60_000 });
  const [, wall = "", user = "", system = ""] = /^timed (\S+) (\S+) (\S+)$/m.exec(stderr) ?? [];
  return { wallSeconds: Number(wall), cpuSeconds: Number(user) + Number(system) };
}

function report(subjects: readonly Subject[], measured: readonly Measured[]): Report {
  const of = (subject: string, pick: (one: Measured) => number): number =>
    median(measured.filter((one) => one.subject === subject).map(pick));
  const wall = (subject: string): number => of(subject, ({ wallSeconds }) => wallSeconds);
  const ours = (packed: boolean): string =>
    subjects.find((one) => one.packed === packed && one.name.startsWith("acct-agent"))?.name ?? "";
  const rows = subjects.map(({ name, packed }) => [
    name,
    fixed(wall(name)),
    whole(PACKETS / wall(name)),
    ratio(wall(name) / wall(ours(packed))),
    fixed(of(name, ({ cpuSeconds }) => cpuSeconds)),
    fixed((of(name, ({ cpuSeconds }) => cpuSeconds) * 1e6) / PACKETS),
  ]);
  const reader = "tcpdump -n -r F ip >/dev/null";
  return {
    tables: [
      {
        title: `Reading ${whole(PACKETS)} packets of 64 bytes (${fixed(PACKETS / PACKETS_PER_SECOND / 60, 1)} minutes, ${HOSTS} hosts)`,
        columns: ["subject", "wall s", "packets/s", "wall, us = 1", "CPU s", "CPU us/packet"],
        rows,
      },
    ],
    targets: [
      {
        what: "replay next to tcpdump decoding the file",
        target: "faster",
        measured: `${ratio(wall(reader) / wall(ours(false)))} its speed`,
        met: wall(ours(false)) < wall(reader),
      },
    ],
    notes: [
      "wall and CPU include starting the program; replay also hashes the file and commits 5 windows to the ledger",
      "tcpdump -w copies records without looking into them; tcpdump ip decodes and prints each packet; pmacctd accounts as replay does, but sleeps while it reads files so that its plugin keeps up: compare its CPU; it runs once",
    ],
  };
}

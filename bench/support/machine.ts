// The machine that the figures belong to.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly kernel: string;
  readonly distribution: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly tcpdump: string;
  readonly pmacctd: string;
  /** Runnable processes in the minute before: what else the machine was doing. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    kernel: release(),
    distribution: field("/etc/os-release", /^PRETTY_NAME="(.*)"$/m),
    processor: field("/proc/cpuinfo", /^model name\s*: (.*)$/m),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    tcpdump: firstVersion("tcpdump", "--version"),
    pmacctd: firstVersion("pmacctd", "-V"),
    loadBefore: loadavg()[0] ?? Number.NaN,
  };
}

export function renderMachine(machine: Machine): string {
  const { distribution, kernel, cores, processor, memoryBytes, node, tcpdump, pmacctd, loadBefore } = machine;
  const host = `${distribution}, kernel ${kernel}, ${cores} cores (${processor}), ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  return `${host}\nNode ${node}, tcpdump ${tcpdump}, pmacctd ${pmacctd}; load before the run ${loadBefore.toFixed(2)}`;
}

function field(file: string, pattern: RegExp): string {
  return pattern.exec(readFileSync(file, "utf8"))?.[1]?.trim() ?? "unknown";
}

function firstVersion(program: string, option: string): string {
  const output = execFileSync(program, [option], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return /\d+\.\d+[\w.-]*/.exec(output)?.[0] ?? "unknown";
}

// What `acct-agent check` says of capture: which backend each interface gets and why, what it costs, what is missing.

import { readFileSync } from "node:fs";
import type { AgentOptions } from "../agent-options.ts";
import { type BackendChoice, chooseBackends } from "../capture/backend-choice.ts";
import { KernelError } from "../capture/ebpf/kernel-error.ts";
import { measureMemory } from "../capture/ebpf/support.ts";
import { formatDuration } from "../lib/units.ts";

/** One thing looked at, in one line. */
export interface Finding {
  readonly ok: boolean;
  readonly subject: string;
  readonly text: string;
}

/** Bits of linux/capability.h. CAP_SYS_ADMIN stands for CAP_BPF on every kernel. */
const Capability = { netAdmin: 12n, netRaw: 13n, sysAdmin: 21n, bpf: 39n } as const;
const MIB = 2 ** 20;

/** Without starting anything: programs are loaded and removed again. */
export async function captureFindings(options: AgentOptions): Promise<Finding[]> {
  const { capture } = options.config;
  const reasons: string[] = [];
  try {
    const choices = await chooseBackends(
      { ...capture, interfaces: options.interfaces },
      ({ interface: name, reason }) => reasons.push(`${name === null ? "" : `${name}: `}${reason}`),
    );
    const backends = await Promise.all(choices.map((choice) => backendFinding(options, choice)));
    const usesPcap = choices.some(({ ebpf }) => ebpf === null);
    const notes = reasons.map((text) => ({ ok: true, subject: "no ebpf", text }));
    return [privilegeFinding(usesPcap, capture.backend), ...notes, ...backends];
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const fix = `${error.message}; write backend = "auto", which takes pcap then`;
    return [privilegeFinding(false, capture.backend), { ok: false, subject: "backend", text: fix }];
  }
}

async function backendFinding(options: AgentOptions, { interface: name, ebpf }: BackendChoice): Promise<Finding> {
  const { capture, account } = options.config;
  const subject = `backend of ${name}`;
  if (ebpf === null) return { ok: true, subject, text: `pcap, with a ring of ${capture.ringBytes / MIB} MiB` };
  const { windowMs } = account;
  const { maxAddresses } = capture;
  const bytes = await measureMemory({ windowMs, maxAddresses, networks: options.networks });
  const size = `${(bytes / MIB).toFixed(1)} MiB of kernel memory, twice that while a change takes effect`;
  const room = `room for ${2 * maxAddresses} pairs of address and ${formatDuration(windowMs)} window`;
  const outlives = ebpf.attach === "tcx" ? "goes on without the agent" : "ends with the agent";
  return { ok: true, subject, text: `ebpf by ${ebpf.attach}, which ${outlives}: ${size}, ${room}` };
}

/** What the backends in use need; where ebpf was wanted and pcap remains, also what is missing for it. */
function privilegeFinding(usesPcap: boolean, backend: "auto" | "ebpf" | "pcap"): Finding {
  const held = effectiveCapabilities();
  const has = (bit: bigint): boolean => ((held >> bit) & 1n) === 1n;
  const forEbpf = [
    ...(has(Capability.bpf) || has(Capability.sysAdmin) ? [] : ["CAP_BPF"]),
    ...(has(Capability.netAdmin) ? [] : ["CAP_NET_ADMIN"]),
  ];
  const forPcap = has(Capability.netRaw) ? [] : ["CAP_NET_RAW"];
  const missing = usesPcap ? forPcap : forEbpf;
  const subject = "privileges";
  if (missing.length > 0) {
    const text = `${missing.join(" and ")} missing; run as root, or give the service these capabilities`;
    return { ok: false, subject, text };
  }
  if (!usesPcap) return { ok: true, subject, text: "CAP_BPF and CAP_NET_ADMIN are held" };
  const lacking = backend === "pcap" || forEbpf.length === 0 ? "" : `; ebpf would need ${forEbpf.join(" and ")}`;
  return { ok: true, subject, text: `CAP_NET_RAW is held${lacking}` };
}

function effectiveCapabilities(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return BigInt(`0x${hex}`);
}

// Which backend captures an interface: what is configured, or the best that this machine offers.

import { findDevice } from "./ebpf/device.ts";
import { KernelError } from "./ebpf/kernel-error.ts";
import type { AttachKind } from "./ebpf/source-manifest.ts";
import { type EbpfSupport, findEbpf } from "./ebpf/support.ts";

export interface BackendOptions {
  readonly backend: "auto" | "ebpf" | "pcap";
  readonly attach: AttachKind | null;
  readonly bpffs: string;
  readonly interfaces: readonly string[];
}

export interface BackendChoice {
  readonly interface: string;
  /** Null is pcap. */
  readonly ebpf: EbpfSupport | null;
}

/** Why an interface (null: all of them) gets pcap where `auto` would rather take ebpf. */
export interface SecondBest {
  readonly interface: string | null;
  readonly reason: string;
}

/** Tells why where it is not the best. Rejects with KernelError where `ebpf` is configured and impossible. */
export async function chooseBackends(
  options: BackendOptions,
  tell: (why: SecondBest) => void,
): Promise<readonly BackendChoice[]> {
  const ebpf = await findConfigured(options, tell);
  return options.interfaces.map((name) => {
    const problem = ebpf ? deviceProblem(name) : null;
    if (problem !== null && options.backend === "auto") {
      tell({ interface: name, reason: problem });
      return { interface: name, ebpf: null };
    }
    return { interface: name, ebpf };
  });
}

async function findConfigured(
  { backend, bpffs, attach }: BackendOptions,
  tell: (why: SecondBest) => void,
): Promise<EbpfSupport | null> {
  if (backend === "pcap") return null;
  try {
    return await findEbpf(bpffs, attach);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (backend === "ebpf") throw new KernelError(`capture.backend: ebpf cannot work here: ${error.message}`, 0);
    tell({ interface: null, reason: error.message });
    return null;
  }
}

function deviceProblem(name: string): string | null {
  try {
    findDevice(name);
    return null;
  } catch (error) {
    if (error instanceof KernelError) return error.message;
    throw error;
  }
}

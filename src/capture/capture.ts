// The stage's root: one backend for each interface, side by side. It runs until aborted; by then everything that was
// captured has been given to the sink.

import type { Network } from "../model/network.ts";
import type { Clock } from "../model/time.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { CaptureMetrics } from "./capture-metrics.ts";
import { PcapCapture } from "./pcap/pcap-capture.ts";
import type { WindowSink } from "./window-sink.ts";

export interface CaptureOptions {
  readonly interfaces: readonly string[];
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly ringBytes: number;
  readonly networks: readonly Network[];
  readonly stateDir: string;
  /** What tells the ledger from every other. */
  readonly ledgerId: string;
}

export interface CaptureDependencies {
  readonly sink: WindowSink;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
}

export interface CaptureState {
  readonly interface: string;
  readonly backend: "pcap";
  readonly capturing: boolean;
  /** Why it is not capturing; null where it is, or has not tried yet. */
  readonly reason: string | null;
}

export class Capture {
  readonly #backends: readonly PcapCapture[];

  constructor(options: CaptureOptions, dependencies: CaptureDependencies) {
    const { interfaces, windowMs, maxAddresses, ringBytes, networks } = options;
    const shared = { windowMs, maxAddresses, ringBytes, networks };
    const metrics = new CaptureMetrics(dependencies.metrics);
    this.#backends = interfaces.map(
      (name) => new PcapCapture({ ...shared, interface: name }, { ...dependencies, metrics }),
    );
  }

  /** Hands over what the kernel filed while no agent ran; returns the interfaces that were counted all the time. */
  async adopt(_signal: AbortSignal): Promise<ReadonlySet<string>> {
    return new Set();
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#backends.map((backend) => backend.run(signal)));
  }

  /** Takes on other networks from each interface's next window on. */
  reload(networks: readonly Network[]): void {
    for (const backend of this.#backends) backend.reload(networks);
  }

  state(): readonly CaptureState[] {
    return this.#backends.map((backend) => ({ interface: backend.interface, backend: "pcap", ...backend.state }));
  }
}

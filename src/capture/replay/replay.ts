// Accounts capture files: each file's packets into staged windows, a file whose content was accounted before into
// nothing but the totals that are reported. Time between a file's first and last packet is observed, also in silence.

import type { Network } from "../../model/network.ts";
import { floorTo } from "../../model/time.ts";
import type { UsageColumns, WindowTotals } from "../../model/window.ts";
import { NetworkTable } from "../network-table.ts";
import { UsageAccumulator } from "../usage-accumulator.ts";
import { CaptureFileError } from "./capture-file-error.ts";
import { type CaptureFileSummary, readCaptureFile } from "./capture-file.ts";
import { FileMeter } from "./file-meter.ts";

/** Where the windows of a file wait until the file is known to count. */
export interface WindowStage {
  begin(): void;
  add(startMs: number, usage: UsageColumns, totals: WindowTotals): void;
  observe(startMs: number, observedMs: number): void;
  keep(): void;
  discard(): void;
}

export interface ReplayOptions {
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly networks: readonly Network[];
}

export interface ReplayDependencies {
  readonly stage: WindowStage;
  /** Whether the ledger has accounted this content before. */
  readonly accounted: (digest: string) => boolean;
  /** Is told now and then how many bytes of the file that is being read were read. */
  readonly read?: (bytes: number) => void;
}

export interface ReplayedFile extends CaptureFileSummary {
  readonly path: string;
  /** `repeated`: the same content stood earlier among these files; `accounted`: in the ledger already. */
  readonly state: "new" | "accounted" | "repeated";
}

export interface ReplayTotals {
  readonly usage: UsageColumns;
  readonly totals: WindowTotals;
}

/** A file whose packets are further apart has a wrong clock, and every window between would count as observed silence. */
const MAX_SPAN_MS = 400 * 86_400_000;
const MAX_REPORTED_ADDRESSES = 1 << 20;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #deps: ReplayDependencies;
  readonly #networks: NetworkTable;
  readonly #seen = new Set<string>();
  readonly #sum = new UsageAccumulator(MAX_REPORTED_ADDRESSES);

  constructor(options: ReplayOptions, deps: ReplayDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#networks = new NetworkTable(options.networks);
  }

  /** Reads one file. Throws CaptureFileError where that is impossible; nothing of the file counts then. */
  async file(path: string): Promise<ReplayedFile> {
    const { stage, accounted } = this.#deps;
    const ofFile = new UsageAccumulator(MAX_REPORTED_ADDRESSES);
    stage.begin();
    try {
      const summary = await this.#meter(path, ofFile);
      const repeated = this.#seen.has(summary.digest);
      const state = repeated ? "repeated" : accounted(summary.digest) ? "accounted" : "new";
      this.#observe(path, summary);
      if (state === "new") stage.keep();
      else stage.discard();
      this.#seen.add(summary.digest);
      if (!repeated) this.#addToSum(ofFile);
      return { ...summary, path, state };
    } catch (error) {
      stage.discard();
      throw error;
    }
  }

  /** Sums over all files read so far, each content once. Call it at the end. */
  totals(): ReplayTotals {
    return this.#sum.take();
  }

  async #meter(path: string, ofFile: UsageAccumulator): Promise<CaptureFileSummary> {
    const part = (startMs: number, usage: UsageColumns, totals: WindowTotals): void => {
      this.#deps.stage.add(startMs, usage, totals);
      ofFile.add(usage, totals);
    };
    const meter = new FileMeter({ ...this.#options, networks: this.#networks, part });
    const summary = await readCaptureFile(path, meter, this.#deps.read);
    meter.finish();
    return summary;
  }

  #observe(path: string, { firstMs, lastMs }: CaptureFileSummary): void {
    if (firstMs === null || lastMs === null) return;
    if (lastMs - firstMs > MAX_SPAN_MS) {
      const [from, to] = [firstMs, lastMs].map((timeMs) => new Date(timeMs).toISOString());
      const message = `${path}: its packets are from ${from} to ${to}, over 400 days; split it, or correct its clock`;
      throw new CaptureFileError(message);
    }
    const { windowMs } = this.#options;
    for (let startMs = floorTo(firstMs, windowMs); startMs <= lastMs; startMs += windowMs) {
      const observedMs = Math.min(lastMs, startMs + windowMs) - Math.max(firstMs, startMs);
      this.#deps.stage.observe(startMs, observedMs);
    }
  }

  #addToSum(ofFile: UsageAccumulator): void {
    const { usage, totals } = ofFile.take();
    this.#sum.add(usage, totals);
  }
}

// What a benchmark is and what it yields: tables to read, and targets that are met or missed on this machine.

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  /** Formatted cells; the first column is text, the others are figures. */
  readonly rows: readonly (readonly string[])[];
}

export interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface Report {
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
  /** Sentences that a reader of the figures needs. */
  readonly notes: readonly string[];
}

export interface BenchmarkOptions {
  /** How often each subject runs; subjects take turns, and the median counts. */
  readonly rounds: number;
  /** What `--subjects` limits a benchmark to; null for everything. */
  readonly subjects: readonly string[] | null;
  /** How long the outage of `backfill` is. */
  readonly hours: number;
  /** Says what is being done; ends up on standard error. */
  readonly progress: (text: string) => void;
}

export type Benchmark = (options: BenchmarkOptions) => Promise<Report>;

// What the processes of the backfill benchmark print: backfill-fill.ts what it made, backfill-drain.ts how it went out.

/** A backlog in a ledger. */
export interface Backfill {
  readonly windows: number;
  readonly samples: number;
  readonly requests: number;
  /** Compressed. */
  readonly requestBytes: number;
  /** Of the closed ledger: requests, usage by billing interval, windows. */
  readonly fileBytes: number;
  readonly wallSeconds: number;
}

/** One sender's delivery of a backlog to one receiver, from the first sample that the receiver counted to the last. */
export interface Drain {
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Of it, from the beginning of a request to its answer, by the agent's own metrics; null for others. */
  readonly pushingSeconds: number | null;
  /** Of the receiver, meanwhile. */
  readonly receiverCpuSeconds: number;
  /** Resident bytes of the sender, evenly in time. */
  readonly rss: readonly number[];
}

export const RECEIVERS = ["Prometheus", "VictoriaMetrics"] as const;
export type ReceiverName = (typeof RECEIVERS)[number];

export const SENDERS = ["acct-agent", "acct-agent, batched", "vmagent", "vmagent, 1 queue"] as const;
export type SenderName = (typeof SENDERS)[number];

/** What backfill-drain.ts is told. */
export interface DrainTask {
  readonly sender: SenderName;
  readonly receiver: ReceiverName;
  /** State folder of a ledger, to be copied. */
  readonly ledger: string;
  readonly samples: number;
  /** The agent's: where its process is and what it captures. */
  readonly namespace: string;
  readonly interface: string;
}

/** The ledger's limit: beyond what any backlog takes here, so that nothing is dropped and the size is the true one. */
export const MAX_BYTES = 64 * 2 ** 30;

// Type and help of what is pushed, for remote-write 2.0. A stored request does not carry them, so they follow from the
// name, always the same: a resend must be byte-identical.

/** Values of Metadata.MetricType in types.proto. */
export const METRIC_TYPE = { counter: 1, gauge: 2 } as const;

export interface MetricMetadata {
  readonly type: (typeof METRIC_TYPE)[keyof typeof METRIC_TYPE];
  /** Empty where it is not known. */
  readonly help: string;
}

const HELP: ReadonlyMap<string, string> = new Map([
  ["acct_bytes_total", "Bytes from (out) and to (in) an accounted address, in the configured layer."],
  ["acct_packets_total", "Packets from (out) and to (in) an accounted address."],
  ["acct_interval_bytes", "Bytes of a network in one billing interval."],
  ["acct_address_interval_bytes", "Bytes of an address in one billing interval."],
  ["acct_period_intervals", "Billing intervals of a calendar month, to date for the current one."],
  ["acct_window_completeness_ratio", "Part of a window that was observed."],
]);

/** A name in `_total` is a counter's (Prometheus, "Metric and label naming"); everything else is a gauge. */
export function metricMetadata(name: string): MetricMetadata {
  const type = name.endsWith("_total") ? METRIC_TYPE.counter : METRIC_TYPE.gauge;
  return { type, help: HELP.get(name) ?? "" };
}

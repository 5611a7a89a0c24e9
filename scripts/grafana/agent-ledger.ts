// The ledger of an agent: room, commits, and what was dropped.

import { inHour, lines, own, perSecond } from "./agent-panels.ts";
import type { Section } from "./dashboard.ts";

/** Of its one file. */
export const LEDGER: Section = {
  title: "Ledger",
  panels: [
    lines({
      title: "Bytes in use",
      description:
        "And buffer.max_bytes, beyond which undelivered samples are dropped: bring endpoints back, or raise it.",
      unit: "bytes",
      levels: [1],
      lines: [
        [own("acct_buffer_ledger_bytes"), "in use"],
        [own("acct_buffer_max_bytes"), "max_bytes"],
      ],
    }),
    lines({
      title: "Windows committed, within an hour",
      description:
        "Those that were refused were tried again; what was given up is lost, unless the kernel keeps it: look at the disk.",
      unit: "short",
      lines: [
        [inHour("acct_account_windows_total"), "{{interface}}"],
        [inHour("acct_buffer_commit_failures_total"), "refused"],
        [inHour("acct_buffer_lost_windows_total"), "given up"],
      ],
    }),
    lines({
      title: "Time of a commit",
      description: "Mean, with encoding. Seconds mean a slow disk.",
      unit: "s",
      lines: [
        [
          `sum by (instance) (${perSecond("acct_buffer_commit_seconds_total")}) / sum by (instance) (${perSecond("acct_account_windows_total")})`,
          "",
        ],
      ],
    }),
    lines({
      title: "Dropped samples by reason, within an hour",
      description:
        "To keep within buffer.max_bytes. thinned costs no byte; oldest does: bring endpoints back, or raise it.",
      unit: "short",
      width: 12,
      lines: [[inHour("acct_buffer_dropped_samples_total"), "{{reason}}"]],
    }),
    lines({
      title: "Late bytes, within an hour",
      description:
        "Came after their billing interval was pushed: the ledger has them, the pushed interval has not; acct-agent reconcile shows them.",
      unit: "bytes",
      width: 12,
      lines: [[inHour("acct_account_late_bytes_total"), ""]],
    }),
  ],
};

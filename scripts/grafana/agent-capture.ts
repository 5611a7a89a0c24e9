// Capture of an agent: what it saw, and what it could not.

import { inHour, lines, newest, own, perSecond } from "./agent-panels.ts";
import type { Section } from "./dashboard.ts";

/** Of each interface. */
export const CAPTURE: Section = {
  title: "Capture",
  panels: [
    lines({
      title: "Frames",
      description: "Captured, and of these the ones without an IP packet.",
      unit: "pps",
      lines: [
        [perSecond("acct_capture_frames_total"), "{{interface}}"],
        [perSecond("acct_capture_non_ip_frames_total"), "{{interface}} no IP"],
      ],
    }),
    lines({
      title: "IP traffic",
      description:
        "Captured, and what of it is between addresses of no network: much of that, and a customer's prefix is missing.",
      unit: "bps",
      lines: [
        [`${perSecond("acct_capture_ip_bytes_total")} * 8`, "{{interface}}"],
        [`${perSecond("acct_capture_unaccounted_bytes_total")} * 8`, "{{interface}} unaccounted"],
      ],
    }),
    lines({
      title: "Completeness",
      description: "Of each window; 1 means that nothing was missed. Below, see drops and gaps.",
      unit: "percentunit",
      max: 1,
      lines: [
        [`min_over_time(${own("acct_window_completeness_ratio")}[$__rate_interval])`, "{{interface}} least"],
        [own("acct_account_window_completeness_ratio"), "{{interface}} last window"],
      ],
    }),
    lines({
      title: "Dropped and broken frames, within an hour",
      description:
        "Dropped by the kernel because the ring was full: raise capture.ring. Parse failures: IP packets that are broken.",
      unit: "short",
      lines: [
        [inHour("acct_capture_dropped_frames_total"), "{{interface}} dropped"],
        [inHour("acct_capture_parse_failures_total"), "{{interface}} parse failures"],
      ],
    }),
    lines({
      title: "Overflow, within an hour",
      description:
        'IP bytes of addresses that found no room, billed as ip="overflow" of their network: raise capture.max_addresses.',
      unit: "bytes",
      lines: [[inHour("acct_capture_overflow_bytes_total"), "{{interface}}"]],
    }),
    lines({
      title: "Gaps, within an hour",
      description: "Time that was not observed while the agent ran: the log says why capture was interrupted.",
      unit: "s",
      lines: [[`${inHour("acct_capture_gap_seconds_total")} or 0 * ${newest("acct_capture_up")}`, "{{interface}}"]],
    }),
    lines({
      title: "Restarts and clock steps, within an hour",
      description:
        "Captures that ended and were started again, and times that the clock was set by more than a second: the log has the reason.",
      unit: "short",
      lines: [
        [`${inHour("acct_capture_restarts_total")} or 0 * ${newest("acct_capture_up")}`, "{{interface}} restarts"],
        [
          `${inHour("acct_capture_clock_steps_total")} or 0 * ${newest("acct_capture_up")}`,
          "{{interface}} clock steps",
        ],
      ],
    }),
    lines({
      title: "Kernel map in use",
      description:
        "With eBPF: pairs of address and window, of the room there is; what bounds how long the kernel can count without the agent. Above half, raise capture.max_addresses.",
      unit: "percentunit",
      thresholds: [
        [null, "green"],
        [0.5, "red"],
      ],
      lines: [[`${own("acct_capture_map_entries")} / ${own("acct_capture_map_max_entries")}`, "{{interface}}"]],
    }),
    lines({
      title: "Window ends noticed late",
      description: "Above 0.1 s the host has no CPU for the agent, or was suspended.",
      unit: "s",
      lines: [[own("acct_capture_boundary_delay_seconds"), "{{interface}}"]],
    }),
  ],
};

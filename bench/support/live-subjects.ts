// The programs whose live capture is compared, by the name that `--subjects` takes.

import { agentKind } from "./live-agent.ts";
import { DARKSTAT } from "./live-darkstat.ts";
import type { LiveSubjectKind } from "./live-subject.ts";
import { PMACCTD } from "./live-pmacctd.ts";
import { TCPDUMP } from "./live-tcpdump.ts";

export const LIVE_SUBJECT_NAMES = ["ebpf", "pcap", "tcpdump", "pmacctd", "darkstat"] as const;
export type LiveSubjectName = (typeof LIVE_SUBJECT_NAMES)[number];

export const LIVE_SUBJECTS: Readonly<Record<LiveSubjectName, LiveSubjectKind>> = {
  ebpf: agentKind("ebpf"),
  pcap: agentKind("pcap"),
  tcpdump: TCPDUMP,
  pmacctd: PMACCTD,
  darkstat: DARKSTAT,
};

// tcpdump as a subject: it takes each packet's first 96 bytes and writes them to nowhere. SIGUSR1 makes it say what it
// has seen.

import type { Namespace } from "../../test/support/netns.ts";
import { ChildOutput, endProcess, pidOf } from "./child-output.ts";
import { BUFFER_BYTES, type LiveSubject, type LiveSubjectKind } from "./live-subject.ts";

export const TCPDUMP: LiveSubjectKind = { name: "tcpdump -w /dev/null", settleMs: 3_000, start: startTcpdump };

async function startTcpdump(edge: Namespace): Promise<LiveSubject> {
  const options = ["-n", "-s", "96", "-w", "/dev/null", "-B", String(BUFFER_BYTES / 1024)];
  const child = edge.spawn("tcpdump", ["-i", edge.interface, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const output = new ChildOutput(child);
  await output.match(/listening on/);
  const ask = async (): Promise<RegExpExecArray> => {
    const from = output.text.length;
    child.kill("SIGUSR1");
    return output.match(/(\d+) packets? captured, \d+ packets? received by filter, (\d+) packets? dropped/, from);
  };
  return {
    pid: pidOf(child),
    counted: async () => Number((await ask())[1]),
    dropped: async () => Number((await ask())[2]),
    [Symbol.asyncDispose]: () => endProcess(child, "SIGINT"),
  };
}

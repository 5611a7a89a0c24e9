// darkstat as a subject: hosts and their ports, the accounted network as its own, no names looked up. Its web page, which
// says what it counted, is on the loopback of the subject's namespace and so within nobody's reach.

import type { Namespace } from "../../test/support/netns.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { ChildOutput, endProcess, pidOf } from "./child-output.ts";
import type { LiveSubject, LiveSubjectKind } from "./live-subject.ts";

/** Free, because no one else listens in the namespace. */
const PORT = 6_670;
const NETWORK = "10.0.0.0/255.255.255.0";

export const DARKSTAT: LiveSubjectKind = { name: "darkstat", settleMs: 2_500, start: startDarkstat };

async function startDarkstat(edge: Namespace): Promise<LiveSubject> {
  const web = ["-b", "127.0.0.1", "-p", String(PORT)];
  const options = ["--no-daemon", "--no-dns", "-l", NETWORK, ...web];
  const child = edge.spawn("darkstat", ["-i", edge.interface, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const output = new ChildOutput(child);
  const answer = async (): Promise<string> => (child.exitCode === null ? page(edge) : "ended");
  if ((await waitFor("darkstat's web page", answer, { timeoutMs: 10_000, intervalMs: 100 })) === "ended") {
    throw new Error(`a process ended with ${child.exitCode}: ${output.text}`);
  }
  return {
    pid: pidOf(child),
    counted: async () => figure(await page(edge), "tp"),
    dropped: async () => figure(await page(edge), "pd"),
    [Symbol.asyncDispose]: () => endProcess(child, "SIGTERM"),
  };
}

/** bash speaks HTTP well enough, and so no client need be installed. */
async function page(edge: Namespace): Promise<string> {
  const ask = `exec 3<>/dev/tcp/127.0.0.1/${PORT}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  const { stdout } = await edge.exec("bash", ["-c", ask]);
  return stdout;
}

/** `tp`: packets it has taken into account; `pd`: packets that libpcap says were dropped. */
function figure(text: string, id: string): number {
  return Number(new RegExp(`<span id="${id}">([\\d,]+)</span>`).exec(text)?.[1]?.replaceAll(",", ""));
}

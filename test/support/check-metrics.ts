// What promtool says of a metrics page: what it cannot parse, and what is not as Prometheus would have it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** The complaints of `promtool check metrics`, none where the page is as it should be. */
export async function metricComplaints(page: string): Promise<readonly string[]> {
  const promtool = spawn("promtool", ["check", "metrics"], { stdio: "pipe" });
  // A page that cannot be parsed is not read to its end.
  promtool.stdin.on("error", () => undefined);
  promtool.stdin.end(page);
  const [said, errors, [code]] = await Promise.all([
    text(promtool.stdout),
    text(promtool.stderr),
    once(promtool, "close"),
  ]);
  const lines = `${said}${errors}`.split("\n").filter((line) => line !== "");
  return code === 0 ? lines : [...lines, `exit code ${code}`];
}

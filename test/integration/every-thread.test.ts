// Calls in every thread, and rights of files, where the kernel or a thread does not do what is asked for: each in a process of
// its own.

import { execFile } from "node:child_process";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { stringify } from "smol-toml";
import { expect, it } from "vitest";
import { liveDescribe } from "../support/require-root.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { FileAnswers, LateThread, Refusal } from "./thread-process.ts";

const PROCESS = fileURLToPath(new URL("thread-process.ts", import.meta.url));
const NOBODY = 65_534;

async function said<T>(...args: readonly string[]): Promise<T> {
  const how = { timeout: 20_000, killSignal: "SIGKILL" } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", PROCESS, ...args], how);
  return JSON.parse(stdout);
}

it("reaches threads again and again while they work", async () => {
  expect(await said<readonly (string | null)[]>("often")).toEqual([null]);
});

liveDescribe("where a thread does not answer", () => {
  it("says so at once from then on, and root does not become another user, which would never end", async () => {
    await using folder = await tempFolder();
    const config = folder.file("agent.toml");
    await writeFile(config, stringify({ agent: { instance: "edge", user: "nobody" }, capture: { backend: "pcap" } }));
    const { first, second, secondMs, problems } = await said<LateThread>("late", config);
    expect([first, second]).toEqual(["a thread did not answer", "a thread did not answer"]);
    expect(secondMs).toBeLessThan(150);
    expect(problems).toEqual([
      expect.stringMatching(/agent\.user = "nobody": cannot become .*a thread did not answer/),
    ]);
  });
});

liveDescribe("where the kernel does not tell effective rights", () => {
  it.each<Refusal>(["ENOSYS", "EPERM"])("believes a user's own, and takes root's for closed (%s)", async (refusal) => {
    await using folder = await tempFolder();
    await chmod(folder.path, 0o755);
    for (const name of ["own", "closed"]) await mkdir(folder.file(name), { mode: 0o700 });
    await chown(folder.file("own"), NOBODY, NOBODY);
    await writeFile(folder.file("readable"), "", { mode: 0o644 });
    await writeFile(folder.file("secret"), "", { mode: 0o600 });
    const answers = await said<Readonly<Record<"root" | "user", FileAnswers>>>("access", folder.path, refusal);
    const none = { readable: false, secret: false, folder: false, open: false, closedFolder: false };
    expect(answers).toEqual({ root: none, user: { ...none, readable: true, folder: true, open: true } });
  });
});

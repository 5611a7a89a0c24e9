// The real capture child, as the kernel sees it while it captures: no capability in any thread, a filter of system calls, no
// file and no variable that it does not need. And a machine on which it cannot be confined: it counts, and says so.

import { expect, it } from "vitest";
import { NetworkPair } from "../support/netns.ts";
import { OldKernel } from "../support/old-kernel.ts";
import { environmentNames, openFiles, threadPrivileges, workingFolder } from "../support/process-status.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";
import { LiveCapture, network } from "./live-capture.ts";

const networks = [network("acme", "10.0.0.0/8")];
const ROW = "10.0.0.0 acme";
/** Of Node's event loops and threads. */
const INTERNAL = /^(anon_inode:|pipe:)/;

liveDescribe("the capture child", () => {
  it("holds no capability in any thread and has a filter of system calls", async () => {
    await using pair = await NetworkPair.create();
    await using live = await LiveCapture.running(pair.edge, { networks });
    const threads = threadPrivileges(live.child);
    expect(threads.length).toBeGreaterThan(4);
    for (const { permitted, effective, inheritable, ambient, bounding, noNewPrivileges, seccomp } of threads) {
      const held = { permitted, effective, inheritable, ambient, bounding };
      expect(held).toEqual({ permitted: 0n, effective: 0n, inheritable: 0n, ambient: 0n, bounding: 0n });
      expect({ noNewPrivileges, seccomp }).toEqual({ noNewPrivileges: true, seccomp: 2 });
    }
    expect(live.logged("less confined")).toEqual([]);
  });

  it("has its sockets and the interface's counters open, and nothing of the agent's", async () => {
    await using pair = await NetworkPair.create();
    await using live = await LiveCapture.running(pair.edge, { networks, env: { SECRET_OF_ANOTHER: "1" } });
    const { child } = live;
    const files = openFiles(child).filter((file) => !INTERNAL.test(file));
    const sockets = files.filter((file) => file.startsWith("socket:"));
    // Standard error, the channel to the agent, and the packet socket.
    expect(sockets).toHaveLength(3);
    const others = files.filter((file) => !file.startsWith("socket:"));
    expect(others.toSorted()).toEqual(["/dev/null", "/dev/null", `/proc/${child}/net/dev`]);
    expect(environmentNames(child)).toEqual(["LD_LIBRARY_PATH"]);
    expect(workingFolder(child)).toBe("/");
  });

  it("counts all the same where the kernel can neither filter system calls nor close files, and says what is missing", async () => {
    await using pair = await NetworkPair.create();
    await using kernel = await OldKernel.create();
    await using live = await LiveCapture.running(pair.edge, { networks, env: kernel.env });
    const complaints = () => live.logged("the capture process is less confined than it should be");
    // The child's words and its state come by ways of their own.
    await waitFor("what is missing", () => complaints().length > 0);
    const [said, ...more] = complaints();
    expect(said?.["missing"]).toEqual([
      expect.stringMatching(/^files and network: this kernel has no Landlock \(errno 38\)/),
      "system calls: seccomp failed with errno 38",
    ]);
    expect(more).toEqual([]);
    expect(threadPrivileges(live.child).every(({ effective }) => effective === 0n)).toBe(true);
    const { sent } = await sendFrames(pair.peer, { count: 200 });
    await live.stop();
    expect(live.rows[ROW]?.[1]).toBe(sent);
  });
});

// Nothing that is done on a test's machine reaches the real one.

import { existsSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { Machine } from "./machine.ts";
import { NetworkPair } from "./netns.ts";
import { liveDescribe } from "./require-root.ts";
import { tempFolder } from "./temp-folder.ts";

liveDescribe("a machine of a test", () => {
  it("runs systemd, sees the shared folder and changes nothing of the real one", async () => {
    await using folder = await tempFolder();
    await using pair = await NetworkPair.create({ prefix: "mach" });
    await writeFile(folder.file("greeting"), "hello");
    const mode = async (): Promise<number> => (await stat("/dev/null")).mode;
    const before = await mode();
    await using machine = await Machine.boot(pair.edge, folder.path);

    expect((await machine.run("cat", "/proc/1/comm")).stdout).toBe("systemd\n");
    expect((await machine.run("cat", machine.inside("greeting"))).stdout).toBe("hello");
    expect((await machine.run("ip", "-brief", "link")).stdout).toContain(pair.edge.interface);
    await machine.run("sh", "-c", "echo made >/etc/acct-agent-made && chmod 600 /dev/null");
    expect(existsSync("/etc/acct-agent-made")).toBe(false);
    expect(await mode()).toBe(before);
    for (const path of ["/proc/sys/fs/file-max", "/sys/kernel/uevent_seqnum"]) {
      expect((await machine.try("sh", "-c", `echo 1 >${path}`)).stderr).toContain("Read-only");
    }
    expect((await machine.try("false")).code).toBe(1);
  });
});

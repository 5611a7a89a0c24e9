// The agent as its systemd unit runs it, as far as that can be had without systemd: a user with the unit's capabilities
// and no other right, a bpffs of its own, and a socket for what it says of itself.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { Edge } from "../support/edge.ts";
import { sendFromPeer } from "../support/flows.ts";
import { ledgerAddresses } from "../support/ledger-rows.ts";
import { NotifySocket } from "../support/notify-socket.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

const MAIN = new URL("../../dist/main.js", import.meta.url).pathname;
const SYSTEMD = new URL("../../deploy/systemd/", import.meta.url).pathname;
const NOBODY = 65_534;

/** What the unit says of a key. */
async function unitValue(key: string): Promise<string> {
  const unit = await readFile(`${SYSTEMD}acct-agent.service`, "utf8");
  const line = unit.split("\n").find((one) => one.startsWith(`${key}=`));
  return line?.slice(key.length + 1) ?? "";
}

/** As setpriv wants them: CAP_NET_ADMIN is +net_admin. */
function capabilities(text: string): string {
  return text
    .split(" ")
    .map((name) => `+${name.replace(/^CAP_/, "").toLowerCase()}`)
    .join(",");
}

liveDescribe("the agent as a service", () => {
  it("counts in the kernel as a user with the unit's capabilities, and says when it is ready, alive and stopping", async () => {
    await using edge = await Edge.create("srvc");
    const bpffs = edge.file("bpf");
    await edge.configure({
      capture: { backend: "ebpf", bpffs },
      network: [{ name: "acme", prefixes: ["10.1.0.0/24"] }],
    });
    await chmod(edge.file("."), 0o755);
    await mkdir(edge.stateDir);
    await chown(edge.stateDir, NOBODY, NOBODY);
    execFileSync(`${SYSTEMD}mount-bpffs`, [bpffs, "nobody"]);
    try {
      await using socket = await NotifySocket.listen(edge.file("notify"));
      const given = capabilities(await unitValue("AmbientCapabilities"));
      const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
      const rights = [
        "--bounding-set",
        `-all,${given}`,
        "--inh-caps",
        given,
        "--ambient-caps",
        given,
        "--no-new-privs",
      ];
      const child = edge.pair.edge.spawn(
        "setpriv",
        [...user, ...rights, process.execPath, MAIN, "--config", edge.configFile],
        {
          stdio: ["ignore", "ignore", "pipe"],
          env: { ...process.env, NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "400000" },
        },
      );
      const ended = once(child, "close");
      let log = "";
      child.stderr?.on("data", (text: Buffer) => (log += String(text)));
      await waitFor("three signs of life", () => socket.states.filter((state) => state === "WATCHDOG=1").length >= 3);
      expect(socket.states[0]).toBe("READY=1");
      await waitFor("capture", () => log.includes("capture started"));
      const flow = { source: "198.51.100.1", destination: "10.1.0.1", payload: 72, count: 500 };
      await sendFromPeer(edge.pair, [flow]);
      const counted = await waitFor("its window", () => ledgerAddresses(edge.stateDir)["10.1.0.1"]);
      expect(counted).toMatchObject({ packetsIn: 500, bytesIn: 50_000 });
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
      expect(socket.states.at(-1)).toBe("STOPPING=1");
      expect((await edge.command("detach")).code).toBe(0);
    } finally {
      execFileSync("umount", [bpffs]);
    }
  });

  it("has a unit that systemd understands and rates as well confined", async () => {
    const unit = `${SYSTEMD}acct-agent.service`;
    const rated = execFileSync("systemd-analyze", ["security", "--offline=true", "--threshold=25", unit], {
      encoding: "utf8",
    });
    expect(rated).toMatch(/Overall exposure level for acct-agent.service: [0-2]\.\d OK/);
  });
});

// The container image, as far as it can be had without an engine: it is made on a test's machine by the Dockerfile's own
// commands, and the agent is started as an engine starts it.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { CHECKOUT } from "../support/debian-package.ts";
import { Machine, type Ran } from "../support/machine.ts";
import { NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";

/** Where the image has its configuration. */
const CONFIG = ["--config", "/etc/acct-agent/agent.toml"];
/** What an engine leaves to a user who is not root: nothing but a bounding set. */
const USER = ["--reuid=9112", "--regid=9112", "--clear-groups", "--inh-caps=-all", "--ambient-caps=-all"];

/** Commands of the Dockerfile's RUN instructions whose name matches, in order. */
async function commands(name: RegExp): Promise<readonly string[]> {
  const text = await readFile(`${CHECKOUT}deploy/docker/Dockerfile`, "utf8");
  const all = text.split("\n").map((line) => line.replace(/^( &&|RUN) /, "").replace(/ \\$/, ""));
  return all.filter((line) => name.test(line));
}

/** Runs the image's entry point as its user in a container with these capabilities. */
function start(machine: Machine, capabilities: string, ...args: readonly string[]): Promise<Ran> {
  const entry = ["/usr/lib/acct-agent/acct-agent", ...args];
  return machine.try("setpriv", ...USER, `--bounding-set=-all${capabilities}`, ...entry);
}

it("builds its image from files that the build context has", async () => {
  const ignored = await readFile(`${CHECKOUT}.dockerignore`, "utf8");
  const allowed = ignored
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  const text = await readFile(`${CHECKOUT}deploy/docker/Dockerfile`, "utf8");
  const used = text.match(/\b(package(-lock)?\.json|\.npmrc|(deploy|scripts|src)\/[\w./-]+)/g) ?? [];
  expect(used.length).toBeGreaterThan(5);
  const missing = [...used, ...allowed].filter((path) => !existsSync(CHECKOUT + path));
  expect(missing).toEqual([]);
  const notSent = used.filter((path) => path !== "deploy/docker/Dockerfile" && !allowed.includes(path));
  expect(notSent).toEqual([]);
});

liveDescribe("the container image", () => {
  it("hands the capabilities that its container has to a user who is not root", async () => {
    await using pair = await NetworkPair.create({ prefix: "dock" });
    await pair.edge.exec("ip", ["route", "add", "default", "via", pair.peer.ipv4]);
    await using machine = await Machine.boot(pair.edge, CHECKOUT);
    const steps = [
      ...(await commands(/^(groupadd|useradd|install|setcap) /)),
      "mkdir /package",
      "cd /srv",
      ...(await commands(/^(node|sed|cp|chmod 755) /)),
      "cp -rT /package /usr/lib/acct-agent",
      "install -D -m 644 deploy/debian/agent.toml /etc/acct-agent/agent.toml",
    ];
    expect(steps.length).toBe(16);
    await machine.run("sh", "-ec", steps.join("\n"));
    await machine.run("/usr/lib/acct-agent/mount-bpffs", "/run/acct-agent/bpf", "9112:9112");

    const kernel = await start(machine, ",+bpf,+net_admin,+net_raw", "check", ...CONFIG);
    expect(kernel.stdout).toContain(`${pair.edge.interface}: ebpf by tcx`);
    const libpcap = await start(machine, ",+net_raw", "check", ...CONFIG);
    expect(libpcap.stdout).toContain(`${pair.edge.interface}: pcap`);
    const none = await start(machine, "", "--version");
    expect(none).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const unwell = await machine.try("node", "/usr/lib/acct-agent/healthcheck.js");
    expect(unwell).toMatchObject({ code: 1, stderr: expect.stringContaining("agent.sock") });
  });
});

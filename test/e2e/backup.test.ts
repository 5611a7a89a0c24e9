// Backups as an operator makes and uses them: a copy while programs have the ledger, bills of the restored copy, and an
// agent that goes on from one in another folder while the kernel counts.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { AccountedEdge } from "../support/accounted-edge.ts";
import { type CommandResult, runCommand } from "../support/agent-process.ts";
import { BilledMonth } from "../support/billed-month.ts";
import { WINDOW_MS } from "../support/edge.ts";
import { ledgerDifferences } from "../support/ledger-differences.ts";
import { LedgerHold } from "../support/ledger-hold.ts";
import { ledgerContent } from "../support/ledger-options.ts";
import { ledgerIntervals, ledgerUsage, ledgerWindows } from "../support/ledger-rows.ts";
import { MIXED_NETWORKS, mixedNetworkOf } from "../support/mixed-traffic.ts";
import { arrivedSamples, contradictions, pushedDifferences } from "../support/pushed-differences.ts";
import { Mount } from "../support/mount.ts";
import { Receiver } from "../support/receiver.ts";
import { liveDescribe } from "../support/require-root.ts";
import { waitFor } from "../support/wait-for.ts";

/** The stored bill, the same computed again, and what it is computed from. */
const REPORTS = [["--format", "html"], ["--recompute", "--format", "json"], ["--intervals"]] as const;

function backUp(configFile: string, ...files: readonly string[]): Promise<CommandResult> {
  return runCommand("backup", "--config", configFile, ...files);
}

/** Puts a backup where an agent with another state folder finds its ledger. */
function restore(file: string, stateDir: string): void {
  mkdirSync(stateDir, { mode: 0o700 });
  copyFileSync(file, join(stateDir, "ledger.sqlite"));
}

describe("acct-agent backup", () => {
  it("copies a ledger that others have open, and its copy makes the same bills to the byte", async () => {
    await using billed = await BilledMonth.create();
    await billed.report("--finalize", "--month", billed.name);
    const file = billed.file("ledger.backup");
    using _hold = new LedgerHold(billed.stateDir);
    expect(await backUp(billed.configFile, file)).toEqual({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^${file}: \\d+ bytes, windows until \\S+Z\n$`)),
      complaints: [],
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    restore(file, billed.file("restored"));
    const moved = billed.file("moved.toml");
    writeFileSync(moved, readFileSync(billed.configFile, "utf8").replace('"state"', '"restored"'));
    expect(ledgerContent(billed.file("restored"))).toEqual(ledgerContent(billed.stateDir));
    for (const format of REPORTS) {
      const restored = await runCommand("report", "--config", moved, "--month", billed.name, ...format);
      expect(restored).toEqual(await billed.report("--month", billed.name, ...format));
      expect(restored.code).toBe(0);
    }
  });

  it("takes no file's place, and leaves nothing behind where it cannot write", async () => {
    await using billed = await BilledMonth.create();
    const file = billed.file("ledger.backup");
    writeFileSync(file, "last year's");
    expect(await backUp(billed.configFile, file)).toEqual({
      code: 1,
      stdout: "",
      complaints: [`${file}: is there already; name a file that is not`],
    });
    expect(readFileSync(file, "utf8")).toBe("last year's");
    const nowhere = billed.file("none/ledger.backup");
    const refused = await backUp(billed.configFile, nowhere);
    expect(refused).toMatchObject({
      code: 1,
      complaints: [expect.stringMatching(/cannot be written .*; name a file/)],
    });
    expect(existsSync(nowhere)).toBe(false);
    writeFileSync(`${file}2.partial`, "of a backup that was killed");
    expect((await backUp(billed.configFile, `${file}2`)).complaints).toEqual([
      expect.stringMatching(/partial: is left of a backup that was interrupted.*remove it/),
    ]);
    rmSync(`${file}2.partial`);
    expect((await backUp(billed.configFile)).code).toBe(2);
    expect((await backUp(billed.configFile, file, nowhere)).code).toBe(2);
    writeFileSync(join(billed.stateDir, "ledger.sqlite"), Buffer.alloc(8_192, "x"));
    const damaged = await backUp(billed.configFile, billed.file("copy"));
    expect(damaged).toMatchObject({ code: 1, complaints: [expect.stringContaining("is damaged")] });
    const left = readdirSync(dirname(billed.configFile)).filter((name) => /partial|copy/.test(name));
    expect(left).toEqual([]);
  });
});

liveDescribe("acct-agent backup to a full disk", () => {
  it("says that it is the target that has no room, and leaves nothing there", async () => {
    await using billed = await BilledMonth.create();
    await using disk = await Mount.memory(billed.file("disk"), "64k");
    const { code, complaints } = await backUp(billed.configFile, join(disk.path, "copy"));
    expect({ code, complaints }).toEqual({
      code: 1,
      complaints: [expect.stringMatching(/disk\/copy: the backup cannot be written \(.*full.*\); name a file/)],
    });
    expect(readdirSync(disk.path)).toEqual([]);
  });
});

liveDescribe("an agent on a restored ledger", () => {
  it("goes on in another folder while the kernel counts: no byte is missing or there twice", async () => {
    await using receiver = await Receiver.start();
    await using edge = await AccountedEdge.create("bkup");
    const endpoints = [{ name: "central", url: receiver.url }];
    await edge.configure({ network: MIXED_NETWORKS }, endpoints);
    const first = await edge.start();
    const usual = { from: "peer", vary: "destination", hosts: 5, rate: 500, ipBytes: 200 } as const;
    const sending = await edge.send([{ ...usual, source: "198.51.100.7", destination: "10.1.0.1" }]);
    const { truth } = sending;
    await edge.windowsSent(truth, 1);
    await edge.closed(Math.min(...truth.starts));
    const running = edge.edge.file("running.backup");
    const committed = ledgerWindows(edge.edge.stateDir).map(({ startMs }) => startMs);
    expect(await backUp(edge.edge.configFile, running)).toMatchObject({ code: 0, complaints: [] });
    expect(await first.stop()).toMatchObject({ code: 0 });
    const stopped = edge.edge.file("stopped.backup");
    expect(await backUp(edge.edge.configFile, stopped)).toMatchObject({ code: 0, complaints: [] });
    const stateDir = edge.edge.file("moved");
    restore(stopped, stateDir);
    const agent = { instance: "edge", state_dir: "moved", listen: "" };
    await edge.configure({ agent, network: MIXED_NETWORKS }, endpoints);
    const second = await edge.start();
    await edge.windowsSent(truth, truth.starts.length + 2);
    await sending.stop();
    const lastMs = Math.max(...truth.starts);
    const samples = () => arrivedSamples(receiver);
    await waitFor("the last window at the receiver", () =>
      samples().some(({ metric, timeMs }) => metric === "acct_bytes_total" && timeMs === lastMs + WINDOW_MS - 1),
    );
    expect(await second.stop()).toMatchObject({ code: 0 });

    const expected = edge.expectation(truth, mixedNetworkOf);
    const [windows, usage, intervals] = [ledgerWindows(stateDir), ledgerUsage(stateDir), ledgerIntervals(stateDir)];
    expect(ledgerDifferences(expected, { windows, usage, intervals })).toEqual([]);
    expect(contradictions(samples())).toEqual([]);
    expect(pushedDifferences(expected, samples())).toEqual([]);
    expect(second.logged("gap")).toEqual([]);
    // The one that was taken beside the agent has what was committed by then, and no start finds fault with it.
    restore(running, edge.edge.file("older"));
    expect(committed.length).toBeGreaterThan(0);
    expect(ledgerWindows(edge.edge.file("older")).map(({ startMs }) => startMs)).toEqual(
      expect.arrayContaining(committed),
    );
  });
});

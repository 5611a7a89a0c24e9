// What the kernel says of its clock, as a C program with the system's own headers reads it, and as the agent tells it.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { stringify } from "smol-toml";
import { describe, expect, it } from "vitest";

import { describeClock, readClockState } from "../../src/lib/clock-state.ts";
import { runCommand } from "../support/agent-process.ts";
import { tempFolder } from "../support/temp-folder.ts";

const READER = `
#include <stdio.h>
#include <sys/timex.h>

int main(void) {
    struct timex timex = {.modes = 0};
    int state = adjtimex(&timex);
    if (state < 0) return 1;
    printf("[%d, %ld, %ld]", state != TIME_ERROR, timex.esterror, timex.maxerror);
    return 0;
}
`;
/** The kernel lets the greatest error grow by 500 microseconds each second between two corrections. */
const GROWTH_SECONDS = 0.05;

describe("the kernel's clock", () => {
  it("is read as the system's headers lay it out", async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file("reader.c"), READER);
    await promisify(execFile)("gcc", ["-Wall", "-Werror", "-o", folder.file("reader"), folder.file("reader.c")]);
    const { stdout } = await promisify(execFile)(folder.file("reader"));
    const [synchronized, estimated, most]: readonly number[] = JSON.parse(stdout);
    const state = readClockState();
    expect(state?.synchronized).toBe(synchronized === 1);
    expect(state?.estimatedErrorSeconds).toBe((estimated ?? Number.NaN) / 1e6);
    expect(Math.abs((state?.maxErrorSeconds ?? Number.NaN) - (most ?? Number.NaN) / 1e6)).toBeLessThan(GROWTH_SECONDS);
  });

  it("is a line of check that fails nothing", async () => {
    await using folder = await tempFolder();
    const config = { agent: { state_dir: "state", listen: "" }, interface: [{ name: "lo" }] };
    await writeFile(folder.file("agent.toml"), stringify(config));
    const { stdout } = await runCommand("check", "--config", folder.file("agent.toml"));
    const line = stdout.split("\n").find((text) => text.includes("clock:"));
    const [expected = ""] = describeClock(readClockState()).split(/\d/);
    expect(line).toMatch(/^ok {4}clock: /);
    expect(line).toContain(expected);
  });
});

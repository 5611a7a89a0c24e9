// The committed object is what its source gives with Debian's compiler.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/build-bpf", import.meta.url));

it("the program that counts in the kernel is compiled from the source next to it", async () => {
  const { stdout } = await promisify(execFile)(SCRIPT, ["--check"]);
  expect(stdout).toBe("build-bpf: program.bpf.o is what program.bpf.c gives\n");
});

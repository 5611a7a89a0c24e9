// The ledger file among processes: the agent's lock, a first start side by side, users without rights.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readdir, readlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { lockStateDir } from "../../src/buffer/agent-lock.ts";
import { LEDGER_FILE, openDatabase } from "../../src/buffer/database.ts";
import { writeFirstLedger } from "../support/first-ledger.ts";
import { LedgerHold } from "../support/ledger-hold.ts";
import { ledgerRows } from "../support/ledger-options.ts";
import { LEDGER_SCHEMA } from "../support/ledger-schema.ts";
import { liveDescribe } from "../support/require-root.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";

const CHILD = fileURLToPath(new URL("buffer-child.ts", import.meta.url));
const NOBODY = 65534;
const ANOTHER = "another acct-agent is running on this state folder; stop it, or set agent.state_dir to another one";
const OWNER_FIX = "run as the user who owns it, or set agent.state_dir to a folder of yours";

interface Started extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Lets it do what it is there for, and resolves to its words; it lives on. */
  go(): Promise<string>;
}

/** A process that is ready to `open`, `lock` or `inspect` a state folder. */
async function start(what: "open" | "lock" | "inspect", stateDir: string, uid?: number): Promise<Started> {
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, what, stateDir], {
    stdio: ["pipe", "pipe", "inherit"],
    ...user,
  });
  const exited = once(child, "exit");
  const gone = exited.then(([code]) => {
    throw new Error(`the child of "${what}" is gone with ${code}`);
  });
  gone.catch(() => undefined);
  await Promise.race([once(child.stdout, "data"), gone]);
  return {
    process: child,
    async go() {
      const said = once(child.stdout, "data");
      child.stdin.write("go");
      const [text] = await Promise.race([said, gone]);
      return String(text);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

describe("the agent's lock", () => {
  it("refuses a second process, and is free when the first is killed", async () => {
    await using folder = await tempFolder();
    await using first = await start("lock", folder.path);
    await using second = await start("lock", folder.path);
    expect(await first.go()).toBe("ok");
    expect(await second.go()).toBe(`${folder.path}: ${ANOTHER}`);
    expect(() => lockStateDir(folder.path)).toThrow(ANOTHER);
    await first[Symbol.asyncDispose]();
    using _lock = lockStateDir(folder.path);
  });

  it("leaves the ledger to others", async () => {
    await using folder = await tempFolder();
    using _lock = lockStateDir(folder.path);
    await using replay = await start("open", folder.path);
    expect(await replay.go()).toBe("ok");
  });
});

describe("a state folder", () => {
  it.each([
    ["that is new", async () => undefined],
    ["with a ledger of the first version", writeFirstLedger],
  ])("%s serves several first starts at one time", async (_, write) => {
    await using folder = await tempFolder();
    const stateDir = folder.file("state");
    await write(stateDir);
    const children = await Promise.all(Array.from({ length: 6 }, () => start("open", stateDir)));
    try {
      expect(await Promise.all(children.map((child) => child.go()))).toEqual(children.map(() => "ok"));
    } finally {
      await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
    }
    expect(ledgerRows(stateDir, "SELECT count(*) AS n FROM stream")).toEqual([{ n: 6n }]);
    expect(ledgerRows(stateDir, "PRAGMA user_version")).toEqual([{ user_version: BigInt(LEDGER_SCHEMA) }]);
  });

  it("waits for a program that writes to a ledger that is not in WAL mode yet", async () => {
    await using folder = await tempFolder();
    await writeFirstLedger(folder.path);
    await using child = await start("open", folder.path);
    const hold = new LedgerHold(folder.path);
    const answer = child.go();
    const fds = `/proc/${child.process.pid}/fd`;
    await waitFor("the child to open the ledger", async () => {
      const links = await Promise.all((await readdir(fds)).map((fd) => readlink(`${fds}/${fd}`).catch(() => "")));
      return links.includes(folder.file(LEDGER_FILE));
    });
    hold[Symbol.dispose]();
    expect(await answer).toBe("ok");
  });
});

liveDescribe("a user without rights", () => {
  async function complaint(what: "open" | "lock" | "inspect", stateDir: string): Promise<string> {
    await using child = await start(what, stateDir, NOBODY);
    return await child.go();
  }

  it("is told in one line that the folder is not theirs", async () => {
    await using folder = await tempFolder();
    await chmod(folder.path, 0o755);
    const file = folder.file(LEDGER_FILE);
    expect(await complaint("open", folder.path)).toBe(
      `${file}: cannot open the ledger (EACCES: permission denied, open '${file}'); ${OWNER_FIX}`,
    );
    expect(await complaint("inspect", folder.path)).toBe(
      `${folder.path}: cannot be written by this user; ${OWNER_FIX}`,
    );
    expect(await complaint("lock", folder.path)).toContain(`agent.lock'); ${OWNER_FIX}`);
    expect(await complaint("open", folder.file("state"))).toContain(`mkdir '${folder.file("state")}'); ${OWNER_FIX}`);
  });

  it("is told that the ledger is not theirs, and that of another user is left alone", async () => {
    await using folder = await tempFolder();
    openDatabase(folder.path).close();
    await chmod(folder.path, 0o777);
    const file = folder.file(LEDGER_FILE);
    expect(await complaint("open", folder.path)).toBe(
      `${file}: cannot open the ledger (EACCES: permission denied, open '${file}'); ${OWNER_FIX}`,
    );
    await chmod(file, 0o666);
    expect(await complaint("open", folder.path)).toBe(
      `${file}: cannot open the ledger (EPERM: operation not permitted, chmod '${file}'); ${OWNER_FIX}`,
    );
  });

  it("is told when the file is theirs and the folder is not, where a journal has to be", async () => {
    await using folder = await tempFolder();
    const stateDir = folder.file("state");
    await mkdir(stateDir, { mode: 0o755 });
    openDatabase(stateDir).close();
    await chown(folder.path, NOBODY, NOBODY);
    await chmod(stateDir, 0o755);
    await chown(`${stateDir}/${LEDGER_FILE}`, NOBODY, NOBODY);
    const line = await complaint("open", stateDir);
    expect(line).toMatch(/^\S+ledger\.sqlite: cannot open the ledger \([^\n]+\); [^\n]+$/);
    expect(line).toContain("agent.state_dir");
  });
});

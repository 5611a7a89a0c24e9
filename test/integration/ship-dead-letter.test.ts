// `acct-agent dead-letter` on a real ledger and real receivers: what it shows, what it sends, what stays, exit codes.

import { writeFile } from "node:fs/promises";
import { stringify } from "smol-toml";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "../../src/buffer/database.ts";
import { DeadLetters } from "../../src/buffer/dead-letters.ts";
import { Outbox } from "../../src/buffer/outbox.ts";
import { main } from "../../src/cli/main.ts";
import { cutRequest } from "../../src/ship/cut-request.ts";
import { refusedSample } from "../../src/ship/refused-sample.ts";
import { freePort } from "../support/free-port.ts";
import { changeLedger } from "../support/ledger-options.ts";
import { Receiver, refusing } from "../support/receiver.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { requestWith, seriesOf } from "../unit/ship/ship-fixture.ts";

const REFUSED_MS = Date.UTC(2026, 9, 16, 12, 0, 0);
const MINUTE_MS = 60_000;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A configuration with these endpoints, and a ledger where there is something to park. */
class Desk implements AsyncDisposable {
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(urls: Readonly<Record<string, string>>): Promise<Desk> {
    const desk = new Desk(await tempFolder());
    const remote_write = Object.entries(urls).map(([name, url]) => ({ name, url, remote_timeout: "1s" }));
    const config = { agent: { state_dir: "state", listen: "" }, interface: [{ name: "none0" }], remote_write };
    await writeFile(desk.#folder.file("agent.toml"), stringify(config));
    return desk;
  }

  get stateDir(): string {
    return this.#folder.file("state");
  }

  /** Parks a sample for each name, refused by `endpoint` with 400 and `words`. */
  park(endpoint: string, names: readonly string[], { words = "no", timeMs = REFUSED_MS - 1 } = {}): void {
    const database = openDatabase(this.stateDir);
    const outbox = new Outbox(database);
    outbox.addEndpoints([endpoint]);
    const { body, windowEndMs, samples } = requestWith(7, names, timeMs);
    outbox.append({ kind: "counter", body, windowEndMs, samples });
    const id = Number(database.prepare("SELECT max(id) FROM outbox").pluck().get());
    const refusal = { code: 400, words, refusedMs: REFUSED_MS };
    const refused = cutRequest(body).map((sample, index) => refusedSample(sample, index, refusal));
    new DeadLetters(database).add(endpoint, id, refused);
    database.close();
  }

  left(endpoint: string): readonly { series: string; code: number; words: string }[] {
    const database = openDatabase(this.stateDir);
    const letters = new DeadLetters(database).list(endpoint);
    database.close();
    return letters.map(({ series, code, words }) => ({ series, code, words }));
  }

  async run(...args: readonly string[]): Promise<Run> {
    const written = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      vi.spyOn(process[stream], "write").mockImplementation((text) => {
        written[stream] += String(text);
        return true;
      });
    }
    const code = await main(["dead-letter", ...args, "--config", this.#folder.file("agent.toml")]);
    vi.restoreAllMocks();
    return { code, ...written };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("dead-letter list", () => {
  it("shows what was refused, and nothing that could steer a terminal", async () => {
    await using desk = await Desk.create({ central: "http://127.0.0.1:9/" });
    desk.park("central", ["a"], { words: `bad\n\u001b[31m\u202e${"x".repeat(300)}` });
    desk.park("other", ["b"]);
    const { code, stdout } = await desk.run("list", "--endpoint", "central");
    const [header = "", row = "", ...rest] = stdout.trimEnd().split("\n");
    expect(header).toMatch(/^ENDPOINT +REFUSED +SERIES +VALUE +TIMESTAMP +CODE +WORDS$/);
    expect(row.split(/ {2,}/).slice(0, 6)).toEqual([
      "central",
      "2026-10-16T12:00:00.000Z",
      seriesOf("a"),
      "7",
      "2026-10-16T11:59:59.999Z",
      "400",
    ]);
    expect(row).toContain("bad \\u{1b}[31m\\u{202e}xxx");
    expect(row).not.toContain("x".repeat(201));
    expect([code, rest]).toEqual([0, []]);
  });

  it("gives programs everything as JSON", async () => {
    await using desk = await Desk.create({ central: "http://127.0.0.1:9/" });
    desk.park("central", ["a"], { words: "bad\n" });
    const { code, stdout } = await desk.run("list", "--json");
    expect(JSON.parse(stdout)).toEqual({
      dead_letters: [
        {
          endpoint: "central",
          refused: "2026-10-16T12:00:00.000Z",
          series: seriesOf("a"),
          value: "7",
          timestamp: "2026-10-16T11:59:59.999Z",
          timestamp_ms: REFUSED_MS - 1,
          code: 400,
          words: "bad\n",
          request: 1,
          window_end: "2026-10-16T12:00:00.000Z",
          kind: "counter",
        },
      ],
    });
    expect(code).toBe(0);
  });
});

describe("dead-letter retry", () => {
  it("sends them oldest first, several at once, and keeps what is refused again with the new answer", async () => {
    await using receiver = await Receiver.start();
    receiver.rule = refusing(({ series }) => series === seriesOf("b"), { status: 422, body: "never" });
    await using desk = await Desk.create({ central: receiver.url });
    desk.park("central", ["late"], { timeMs: REFUSED_MS + MINUTE_MS });
    desk.park("central", ["a", "b", "c", "d"]);
    const { code, stdout } = await desk.run("retry");
    expect([code, stdout]).toEqual([1, "central: 4 accepted, 1 refused again\n"]);
    expect([...receiver.samples.keys()]).toEqual(["a", "c", "d", "late"].map(seriesOf));
    expect(desk.left("central")).toEqual([{ series: seriesOf("b"), code: 422, words: "never" }]);
    for (const { series } of receiver.requests) {
      expect(new Set(series.map((one) => one.samples[0]?.timestamp)).size).toBe(1);
    }
    receiver.rule = () => null;
    expect(await desk.run("retry", "--json")).toMatchObject({ code: 0 });
    expect(desk.left("central")).toEqual([]);
    expect(receiver.samples.size).toBe(5);
  });

  it("sends more than a page of them", async () => {
    await using receiver = await Receiver.start();
    await using desk = await Desk.create({ central: receiver.url });
    desk.park(
      "central",
      Array.from({ length: 1_234 }, (_, index) => `s${index}`),
    );
    expect(await desk.run("retry")).toMatchObject({ code: 0, stdout: "central: 1234 accepted, 0 refused again\n" });
    expect([receiver.samples.size, receiver.requests.length]).toEqual([1_234, 3]);
  });

  it("is about one endpoint where one is named", async () => {
    await using first = await Receiver.start();
    await using second = await Receiver.start();
    await using desk = await Desk.create({ first: first.url, second: second.url });
    for (const endpoint of ["first", "second"]) desk.park(endpoint, ["a"]);
    expect((await desk.run("retry", "--endpoint", "second")).code).toBe(0);
    expect([first.requests.length, second.requests.length]).toEqual([0, 1]);
    expect([desk.left("first").length, desk.left("second").length]).toEqual([1, 0]);
  });

  it("keeps everything when the receiver is down, and says so in one line", async () => {
    const port = await freePort();
    await using desk = await Desk.create({ central: `http://127.0.0.1:${port}/` });
    desk.park("central", ["a", "b"]);
    const { code, stdout, stderr } = await desk.run("retry");
    expect([code, stdout]).toEqual([1, "central: 0 accepted, 0 refused again\n"]);
    expect(stderr).toBe(`central: ECONNREFUSED at 127.0.0.1:${port}\n`);
    expect(desk.left("central")).toHaveLength(2);
  });

  it("keeps what belongs to an endpoint that the configuration no longer has", async () => {
    await using desk = await Desk.create({ central: "http://127.0.0.1:9/" });
    desk.park("gone", ["a"]);
    const { code, stderr } = await desk.run("retry");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gone: the configuration has no such endpoint; .*\n$/);
    expect(desk.left("gone")).toHaveLength(1);
  });
});

describe("dead-letter drop", () => {
  it("gives them up, of one endpoint or of all", async () => {
    await using desk = await Desk.create({ a: "http://127.0.0.1:9/", b: "http://127.0.0.1:9/" });
    desk.park("a", ["x", "y"]);
    desk.park("b", ["x"]);
    expect(await desk.run("drop", "--endpoint", "a")).toMatchObject({ code: 0, stdout: "a: 2 dropped\n" });
    expect(await desk.run("drop")).toMatchObject({ code: 0, stdout: "b: 1 dropped\n" });
    expect(await desk.run("list")).toMatchObject({ code: 0, stdout: "there are no dead letters\n" });
  });
});

describe("a mistake", () => {
  it.each([
    [["lst"], 'dead-letter takes list, retry or drop, not "lst"'],
    [[], 'dead-letter takes list, retry or drop, not ""'],
    [["list", "drop"], 'dead-letter takes list, retry or drop, not "list drop"'],
    [["list", "--endpoint", "x"], '--endpoint "x": there is no such endpoint; there are central'],
  ])("is one line and exit code 2: %j", async (args, message) => {
    await using desk = await Desk.create({ central: "http://127.0.0.1:9/" });
    desk.park("central", ["a"]);
    expect(await desk.run(...args)).toEqual({ code: 2, stdout: "", stderr: `${message}; see acct-agent --help\n` });
  });

  it("of the disk is one line and exit code 1", async () => {
    await using desk = await Desk.create({ central: "http://127.0.0.1:9/" });
    desk.park("central", ["a"]);
    changeLedger(desk.stateDir, "CREATE TRIGGER t BEFORE DELETE ON dead_letter BEGIN SELECT raise(ABORT, 'full'); END");
    const { code, stderr } = await desk.run("drop");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^.*ledger\.sqlite: cannot use the ledger \(full\); .*\n$/),
    ]);
  });

  it("is exit code 1 where there is no ledger, and none is made", async () => {
    await using desk = await Desk.create({ central: "http://127.0.0.1:9/" });
    const { code, stderr } = await desk.run("list");
    expect([code, stderr.split("\n").length]).toEqual([1, 2]);
    expect(stderr).toContain("there is no ledger");
  });
});

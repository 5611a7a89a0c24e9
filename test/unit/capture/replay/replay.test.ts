// Which files count, for which windows and for how much of them.

import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CaptureFileError } from "../../../../src/capture/replay/capture-file-error.ts";
import {
  Replay,
  type ReplayedFile,
  type ReplayOptions,
  type WindowStage,
} from "../../../../src/capture/replay/replay.ts";
import type { UsageColumns, WindowTotals } from "../../../../src/model/window.ts";
import { pcapFile } from "../../../support/capture-file.ts";
import { bytes, ethernet, IPV4, ipv4 } from "../../../support/frames.ts";
import { tempFolder, type TempFolder } from "../../../support/temp-folder.ts";
import { acme } from "../pcap/metering-live.ts";

const WINDOW_MS = 60_000;
const START_MS = 1_700_000_040_000;
const DAY_MS = 86_400_000;

interface StagedWindow {
  frames: number;
  observedMs: number;
}

/** Keeps windows the way the ledger's stage does: a file's all or none. */
class MemoryStage implements WindowStage {
  /** Window start after START_MS to what is kept of it. */
  readonly kept = new Map<number, StagedWindow>();
  readonly calls: string[] = [];
  #open: (readonly [startMs: number, frames: number, observedMs: number])[] = [];

  begin(): void {
    this.calls.push("begin");
    this.#open = [];
  }

  add(startMs: number, _usage: UsageColumns, { frames }: WindowTotals): void {
    this.#open.push([startMs, frames, 0]);
  }

  observe(startMs: number, observedMs: number): void {
    this.#open.push([startMs, 0, observedMs]);
  }

  keep(): void {
    this.calls.push("keep");
    for (const [startMs, frames, observedMs] of this.#open) {
      const known = this.kept.get(startMs - START_MS) ?? { frames: 0, observedMs: 0 };
      const sum = { frames: known.frames + frames, observedMs: known.observedMs + observedMs };
      this.kept.set(startMs - START_MS, sum);
    }
  }

  discard(): void {
    this.calls.push("discard");
  }
}

const frame = ethernet(IPV4, ipv4({ source: "203.0.113.9", destination: "192.0.2.1" }));

/** A pcap file with a packet of 46 bytes to `acme` at each of these times after START_MS. */
function fileOf(...times: readonly number[]): Uint8Array {
  return pcapFile(times.map((atMs) => ({ timeNs: BigInt(START_MS + atMs) * 1_000_000n, frame })));
}

let folder: TempFolder;
beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(async () => folder[Symbol.asyncDispose]());

interface Outcome {
  readonly files: readonly ReplayedFile[];
  readonly stage: MemoryStage;
  readonly replay: Replay;
}

function startReplay(accounted: (digest: string) => boolean = () => false): Omit<Outcome, "files"> {
  const options: ReplayOptions = { windowMs: WINDOW_MS, maxAddresses: 100, networks: [acme] };
  const stage = new MemoryStage();
  return { stage, replay: new Replay(options, { stage, accounted }) };
}

async function replayFiles(contents: readonly Uint8Array[], accounted?: (digest: string) => boolean): Promise<Outcome> {
  const { stage, replay } = startReplay(accounted);
  const files: ReplayedFile[] = [];
  for (const [index, content] of contents.entries()) files.push(await fileIn(replay, `${index}.pcap`, content));
  return { files, stage, replay };
}

async function fileIn(replay: Replay, name: string, content: Uint8Array): Promise<ReplayedFile> {
  await writeFile(folder.file(name), content);
  return replay.file(folder.file(name));
}

function totalsOf(replay: Replay): readonly [packets: number, bytesIn: number | undefined] {
  const { usage, totals } = replay.totals();
  return [totals.ipPackets, usage.bytesIn[0]];
}

describe("Replay", () => {
  it("keeps a file's windows and tells what it read", async () => {
    const { files, stage, replay } = await replayFiles([fileOf(1_000, 2_000, 61_000)]);
    expect(files).toMatchObject([
      {
        path: folder.file("0.pcap"),
        state: "new",
        packets: 3,
        firstMs: START_MS + 1_000,
        lastMs: START_MS + 61_000,
        truncated: false,
      },
    ]);
    expect([...stage.kept]).toEqual([
      [0, { frames: 2, observedMs: 59_000 }],
      [WINDOW_MS, { frames: 1, observedMs: 1_000 }],
    ]);
    expect(stage.calls).toEqual(["begin", "keep"]);
    expect(totalsOf(replay)).toEqual([3, 138]);
  });

  it("observes silence between a file's packets, and nothing outside of them", async () => {
    const { stage } = await replayFiles([fileOf(4 * WINDOW_MS, 30_000)]);
    expect(Object.fromEntries([...stage.kept].map(([startMs, { observedMs }]) => [startMs, observedMs]))).toEqual({
      0: 30_000,
      [WINDOW_MS]: WINDOW_MS,
      [2 * WINDOW_MS]: WINDOW_MS,
      [3 * WINDOW_MS]: WINDOW_MS,
      [4 * WINDOW_MS]: 0,
    });
  });

  it("adds up different files that share a window", async () => {
    const { files, stage, replay } = await replayFiles([fileOf(0, 10_000), fileOf(20_000, 50_000)]);
    expect(files.map(({ state }) => state)).toEqual(["new", "new"]);
    expect([...stage.kept]).toEqual([[0, { frames: 4, observedMs: 40_000 }]]);
    expect(totalsOf(replay)).toEqual([4, 184]);
  });

  it("counts the same content once, packed or not", async () => {
    const content = fileOf(0, 10_000);
    const { files, stage, replay } = await replayFiles([content, gzipSync(content), content]);
    expect(files.map(({ state }) => state)).toEqual(["new", "repeated", "repeated"]);
    expect(stage.calls).toEqual(["begin", "keep", "begin", "discard", "begin", "discard"]);
    expect([...stage.kept]).toEqual([[0, { frames: 2, observedMs: 10_000 }]]);
    expect(totalsOf(replay)).toEqual([2, 92]);
  });

  it("keeps nothing of a file that the ledger has accounted, and reports its totals", async () => {
    const { files, stage, replay } = await replayFiles([fileOf(0, 10_000)], () => true);
    expect(files.map(({ state }) => state)).toEqual(["accounted"]);
    expect(stage.calls).toEqual(["begin", "discard"]);
    expect(stage.kept.size).toBe(0);
    expect(totalsOf(replay)).toEqual([2, 92]);
  });

  it("asks for each content by its digest, and not again for one that it has seen", async () => {
    const asked: string[] = [];
    const [first, second] = [fileOf(0), fileOf(1)];
    const { files } = await replayFiles([first, second, first], (digest) => asked.push(digest) < 2);
    expect(files.map(({ state }) => state)).toEqual(["accounted", "new", "repeated"]);
    expect(asked).toEqual(files.slice(0, 2).map(({ digest }) => digest));
  });

  it("keeps what can be read of a file that ends within a record", async () => {
    const { files, stage } = await replayFiles([fileOf(0, 10_000, 20_000).slice(0, -1)]);
    expect(files).toMatchObject([{ state: "new", packets: 2, truncated: true }]);
    expect([...stage.kept]).toEqual([[0, { frames: 2, observedMs: 10_000 }]]);
  });

  it("keeps a file without packets, of which nothing is observed", async () => {
    const { files, stage, replay } = await replayFiles([fileOf()]);
    expect(files).toMatchObject([{ state: "new", packets: 0, firstMs: null, lastMs: null }]);
    expect(stage.kept.size).toBe(0);
    expect(replay.totals().totals.frames).toBe(0);
  });

  it("keeps a file whose packets are 400 days apart", async () => {
    const { stage } = await replayFiles([fileOf(0, 400 * DAY_MS)]);
    expect(stage.kept.size).toBe(400 * 1_440 + 1);
  });

  it("refuses a file whose packets are further apart, names both times and the fix, and keeps nothing", async () => {
    const { stage, replay } = startReplay();
    const path = folder.file("a.pcap");
    await expect(fileIn(replay, "a.pcap", fileOf(400 * DAY_MS + 1, 0))).rejects.toThrow(
      new CaptureFileError(
        `${path}: its packets are from 2023-11-14T22:14:00.000Z to 2024-12-18T22:14:00.001Z, over 400 days; ` +
          "split it, or correct its clock",
      ),
    );
    expect(stage.calls).toEqual(["begin", "discard"]);
    expect(replay.totals().totals.frames).toBe(0);
  });

  it("keeps nothing of a file with a defect, not even the packets before it", async () => {
    const { stage, replay } = startReplay();
    const broken = bytes(fileOf(0, 1), "00 00 00 00  00 00 00 00  ff ff ff ff  00 00 00 00");
    await expect(fileIn(replay, "a.pcap", broken)).rejects.toThrow(CaptureFileError);
    expect(stage.calls).toEqual(["begin", "discard"]);
    expect(replay.totals().totals.frames).toBe(0);
  });

  it("goes on with the next file after one with a defect", async () => {
    const { stage, replay } = startReplay();
    await expect(fileIn(replay, "a.pcap", bytes("00"))).rejects.toThrow(CaptureFileError);
    await expect(replay.file(folder.file("missing.pcap"))).rejects.toThrow(CaptureFileError);
    expect(await fileIn(replay, "b.pcap", fileOf(0, 1))).toMatchObject({ state: "new" });
    expect(stage.calls).toEqual(["begin", "discard", "begin", "discard", "begin", "keep"]);
    expect([...stage.kept]).toEqual([[0, { frames: 2, observedMs: 1 }]]);
    expect(totalsOf(replay)).toEqual([2, 92]);
  });

  it("keeps nothing of a file when the ledger cannot tell whether it has accounted it", async () => {
    const { stage, replay } = startReplay(() => {
      throw new Error("database is locked");
    });
    await expect(fileIn(replay, "a.pcap", fileOf(0))).rejects.toThrow("database is locked");
    expect(stage.calls).toEqual(["begin", "discard"]);
    expect(stage.kept.size).toBe(0);
  });
});

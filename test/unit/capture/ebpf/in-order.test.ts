// Interfaces that hand over a long past at once.

import { expect, it } from "vitest";
import { InOrder } from "../../../../src/capture/ebpf/in-order.ts";
import type { WindowSink } from "../../../../src/capture/window-sink.ts";
import { windowUsage } from "../../../support/window-usage.ts";

const window = (name: string, startMs: number) => ({ ...windowUsage(startMs, []), interface: name });

async function handOver(sink: WindowSink, name: string, starts: readonly number[]): Promise<void> {
  for (const startMs of starts) await sink.closed(window(name, startMs));
}

it("passes windows on by their time, whichever interface offers first and however many each has", async () => {
  const passed: string[] = [];
  const sink = {
    closed: ({ interface: name, startMs }: { interface: string; startMs: number }) => {
      passed.push(`${name} ${startMs}`);
      return Promise.resolve(true);
    },
    open: () => Promise.resolve(true),
  };
  const order = new InOrder(sink, ["a", "b", "c"]);
  const pasts = { a: [0, 60, 120, 180], b: [60, 120], c: [] };
  await Promise.all(
    Object.entries(pasts).map(async ([name, starts]) => {
      await handOver(order.sinkOf(name), name, starts);
      order.end(name);
    }),
  );
  expect(passed).toEqual(["a 0", "a 60", "b 60", "a 120", "b 120", "a 180"]);
});

it("passes straight on what comes after a member has ended", async () => {
  const order = new InOrder({ closed: () => Promise.resolve(false), open: () => Promise.resolve(true) }, ["a", "b"]);
  order.end("a");
  expect(await order.sinkOf("a").closed(window("a", 0))).toBe(false);
  expect(await order.sinkOf("a").open(window("a", 60))).toBe(true);
});

// The backlog as a status page has it.

import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { BacklogView } from "../../../src/ledger/backlog-view.ts";

const backlogOf = (requests: number) => [
  { endpoint: "central", requests, samples: 7, oldestWindowEndMs: 60_000, deadLetters: 0 },
];

it("waits for the first reading, and after that for none", async () => {
  const readings = [sleep(100, backlogOf(3)), new Promise<never>(() => undefined)];
  let asked = 0;
  const view = new BacklogView(() => readings[asked++] ?? Promise.resolve([]));
  expect(await view.latest()).toEqual(backlogOf(3));
  expect(await view.latest()).toEqual(backlogOf(3));
  expect(asked).toBe(2);
});

it("keeps what was known where the ledger refuses", async () => {
  let refuses = false;
  const view = new BacklogView(() => (refuses ? Promise.reject(new Error("locked")) : Promise.resolve(backlogOf(1))));
  await view.latest();
  refuses = true;
  expect(await view.latest()).toEqual(backlogOf(1));
});

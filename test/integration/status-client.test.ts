// The client of the status page's thread, with threads that behave in every way a thread can: each answers no one but
// whom it is told to.

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type ClientLimits, StatusClient } from "../../src/status/status-client.ts";
import type { Answer } from "../../src/telemetry/answer.ts";
import { quietStatus, usageSettings } from "../support/usage-settings.ts";
import { waitFor } from "../support/wait-for.ts";
import { memoryLog } from "../unit/ship/memory-log.ts";

/** `behaviour` is run with each request; `answer(text)` answers it, and `settings` are the latest. */
function programOf(behaviour: string): URL {
  const source = `
    import { parentPort } from "node:worker_threads";
    let settings = null;
    let requests = 0;
    parentPort.on("message", (message) => {
      if (message.kind === "settings") { settings = message.settings; return; }
      const { id, wanted, status } = message;
      requests += 1;
      const answer = (text) => parentPort.postMessage(
        { id, rendered: { status: 200, type: "text", parts: [new TextEncoder().encode(text)] } });
      ${behaviour}
    });`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

const status = async () => quietStatus();
const textOf = ({ parts }: Answer): string => Buffer.concat(parts).toString();

describe("the status page's thread", () => {
  const logged = memoryLog();
  let client: StatusClient | null = null;

  function clientOf(behaviour: string, limits: Partial<ClientLimits> = {}): StatusClient {
    client = new StatusClient(usageSettings("/nowhere"), {
      log: logged.log,
      program: programOf(behaviour),
      limits: { shareMs: 0, ...limits },
    });
    return client;
  }

  beforeEach(() => {
    client = null;
    logged.lines.length = 0;
  });

  afterEach(async () => {
    await client?.[Symbol.asyncDispose]();
  });

  it("does not run before anybody asks, and ends when nobody has asked for a while", async () => {
    const asked = clientOf("answer(wanted.kind)", { idleMs: 50 });
    expect(asked.isRunning).toBe(false);
    expect(textOf(await asked.ask({ kind: "front" }, status))).toBe("front");
    expect(asked.isRunning).toBe(true);
    await expect.poll(() => asked.isRunning).toBe(false);
    expect(textOf(await asked.ask({ kind: "networks" }, status))).toBe("networks");
  });

  it("gets what the agent says of itself at that moment, and its configuration as it is", async () => {
    const asked = clientOf("answer(`${status.health} ${settings.instance}`)", { shareMs: 60_000 });
    const ill = async () => ({ ...quietStatus(), health: "ill" });
    expect(textOf(await asked.ask({ kind: "front" }, ill))).toBe("ill edge-01");
    asked.reconfigure(usageSettings("/nowhere", { instance: "edge-02" }));
    expect(textOf(await asked.ask({ kind: "front" }, status))).toBe("ok edge-02");
  });

  it("is asked once for all who ask the same at the same time, and for a moment after", async () => {
    const asked = clientOf("setTimeout(() => answer(`${wanted.kind} ${requests}`), 20)", { shareMs: 60_000 });
    const front = Array.from({ length: 100 }, () => asked.ask({ kind: "front" }, status));
    const named = ["a", "a", "b"].map((name) => asked.ask({ kind: "network", name }, status));
    const answers = await Promise.all([...front, ...named]);
    expect(new Set(answers.map(({ parts }) => parts[0])).size).toBe(3);
    expect(textOf(await asked.ask({ kind: "front" }, status))).toBe("front 3");
  });

  it("that dies leaves its askers with 503 and one line, and the next request finds another", async () => {
    const asked = clientOf('if (wanted.kind === "front") throw new Error("out of luck\\nat all"); answer("well")');
    const died = await asked.ask({ kind: "front" }, status);
    expect([died.status, textOf(died)]).toEqual([503, "the status page cannot be shown now: out of luck\n"]);
    expect(logged.headlines()).toContain("warn: the status page's thread ended: the next request starts another");
    expect(textOf(await asked.ask({ kind: "networks" }, status))).toBe("well");
  });

  it("that outgrows its memory ends alone", async () => {
    const asked = clientOf("const all = []; for (;;) all.push(new Array(1e6).fill(requests))");
    const died = await asked.ask({ kind: "front" }, status);
    expect([died.status, textOf(died)]).toEqual([503, expect.stringContaining("memory limit")]);
  });

  it("that does not answer in time is not waited for; one that is silent for long is given up", async () => {
    const limits = { answerMs: 700, silentMs: 1_000 };
    const asked = clientOf('if (wanted.kind === "front") for (;;); answer("well")', limits);
    const late = await asked.ask({ kind: "front" }, status);
    expect([late.status, textOf(late)]).toEqual([503, "the status page cannot be shown now: no answer in 700 ms\n"]);
    await waitFor("another thread", async () => textOf(await asked.ask({ kind: "networks" }, status)) === "well");
  });

  it("is not asked again for what it still owes, but for all else, and once it has answered", async () => {
    // The front page is answered when the networks are asked for.
    const asked = clientOf(
      `globalThis.kept ??= [];
      kept.push(() => answer(wanted.kind + " " + requests));
      if (wanted.kind !== "front") for (const one of kept.splice(0)) one();`,
      { answerMs: 300 },
    );
    const front = () => asked.ask({ kind: "front" }, status);
    expect(textOf(await front())).toContain("no answer in 300 ms");
    for (const again of [await front(), await front()]) {
      expect([again.status, again.headers]).toEqual([503, { "Retry-After": "5" }]);
      expect(textOf(again)).toMatch(/ shown now: [^\n]* is still being made\n$/);
    }
    expect(textOf(await asked.ask({ kind: "networks" }, status))).toBe("networks 2");
    expect(textOf(await front())).toContain("no answer in 300 ms");
    asked.reconfigure(usageSettings("/nowhere"));
    expect(textOf(await front())).toContain("no answer in 300 ms");
    expect(textOf(await front())).toContain("is still being made");
    expect(textOf(await asked.ask({ kind: "networks" }, status))).toBe("networks 5");
  });

  it("owes no more than its limit, whoever still waits for it", async () => {
    const asked = clientOf('if (wanted.name === "last") answer(`${requests}`)', { answerMs: 50, owed: 3 });
    const ask = (name: string) => asked.ask({ kind: "network", name }, status);
    const late = await Promise.all(["a", "b", "c"].map(ask));
    for (const one of late) expect(textOf(one)).toContain("no answer in 50 ms");
    expect(textOf(await ask("last"))).toContain("too many");
  });

  it("that is silent for long is given up although nobody waits for it any more, and is not idle till then", async () => {
    const asked = clientOf("for (;;);", { answerMs: 50, silentMs: 500, idleMs: 50 });
    expect(textOf(await asked.ask({ kind: "front" }, status))).toContain("no answer");
    await expect.poll(() => asked.isRunning).toBe(false);
    expect(logged.headlines()).toEqual(["warn: the status page's thread ended: the next request starts another"]);
    expect(textOf(await asked.ask({ kind: "front" }, status))).toContain("no answer");
  });

  it("has no more asked of it at once than its limit", async () => {
    const asked = clientOf("setTimeout(() => answer(wanted.name), 200)", { owed: 3 });
    const names = ["a", "b", "c", "d"];
    const ask = (name: string) => asked.ask({ kind: "network", name }, status);
    const first = names.slice(0, 3).map(ask);
    await expect.poll(() => asked.isRunning).toBe(true);
    const refused = await ask("d");
    expect([refused.status, textOf(refused)]).toEqual([503, expect.stringContaining("too many")]);
    expect((await Promise.all(first)).map(textOf)).toEqual(["a", "b", "c"]);
    const texts = (await Promise.all(names.map(ask))).map(textOf);
    expect(texts.toSpliced(3)).toEqual(["a", "b", "c"]);
    expect(texts[3]).toContain("too many");
  });

  it("that fails with what nobody expects says so in the log, and goes on", async () => {
    const asked = clientOf(
      'parentPort.postMessage({ id, failure: { message: "no such column", stack: "Error: at reader" } })',
    );
    expect(textOf(await asked.ask({ kind: "front" }, status))).toContain("no such column");
    expect(asked.isRunning).toBe(true);
    expect(logged.headlines()).toContain("error: status page");
  });

  it("ends with the agent, whoever waits", async () => {
    const asked = clientOf("");
    const waiting = asked.ask({ kind: "front" }, status);
    await expect.poll(() => asked.isRunning).toBe(true);
    await asked[Symbol.asyncDispose]();
    expect((await waiting).status).toBe(503);
    expect((await asked.ask({ kind: "front" }, status)).status).toBe(503);
    expect(asked.isRunning).toBe(false);
  });
});

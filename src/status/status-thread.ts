// Entry point of the thread behind the status page: what it needs of the ledger it reads itself, so that neither the
// agent's event loop nor the ledger's thread waits for a page.

import { parentPort } from "node:worker_threads";
import { LedgerError } from "../buffer/database.ts";
import { systemClock } from "../model/time.ts";
import { render } from "./render.ts";
import type { ThreadAnswer, ThreadMessage, ThreadRequest } from "./status-client.ts";
import { UsageDesk } from "./usage-desk.ts";

function serve(): void {
  const port = parentPort;
  if (!port) throw new Error("status: this file is a thread's entry point");
  let desk: UsageDesk | null = null;
  port.on("message", (message: ThreadMessage) => {
    if (message.kind === "request") {
      if (desk !== null) void answer(message, desk).then(([made, memory]) => port.postMessage(made, memory));
    } else if (desk === null) desk = new UsageDesk(message.settings, systemClock);
    else desk.reconfigure(message.settings);
  });
}

async function answer({ id, wanted, status }: ThreadRequest, desk: UsageDesk): Promise<[ThreadAnswer, ArrayBuffer[]]> {
  try {
    const rendered = await render(wanted, status, desk);
    return [{ id, rendered }, rendered.parts.map(({ buffer }) => buffer)];
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return [{ id, failure: { message, stack: error instanceof LedgerError ? undefined : stack } }, []];
  }
}

serve();

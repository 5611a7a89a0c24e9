// Ships the ledger of a state folder in batches until nothing is pending: state folder, receiver's address. Kills itself
// where the commit that notes the joined request of that number would begin (0: never): it is accepted then, and nobody knows.

import { Ledger } from "../../src/ledger/ledger.ts";
import type { Outbox, OutboxRequest } from "../../src/ship/outbox.ts";
import { Shipper } from "../../src/ship/shipper.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { ledgerOptions } from "../support/ledger-options.ts";
import { outboxOf } from "../support/ledger-outbox.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf } from "../unit/ship/ship-fixture.ts";

function dyingAt(joinedRequest: number, outbox: Outbox): Outbox {
  const joined: number[] = [];
  return {
    ...outbox,
    advance: async (endpoint, advance) => {
      const id = joined[joinedRequest - 1];
      if (id !== undefined && (advance.acceptedId ?? 0) >= id) process.kill(process.pid, "SIGKILL");
      const pending = await outbox.advance(endpoint, advance);
      joined.push(...pending.requests.filter(isJoined).map((request) => request.id));
      return pending;
    },
  };
}

/** A probe is not: it has the agent's own metrics alone. */
function isJoined({ kind, joinedSamples }: OutboxRequest): boolean {
  return kind === "counter" && joinedSamples !== undefined;
}

const [stateDir = "", url = "", joinedRequest = ""] = process.argv.slice(2);
using ledger = new Ledger(ledgerOptions(stateDir));
const dependencies = {
  outbox: dyingAt(Number(joinedRequest), outboxOf(ledger)),
  log: createLog("error"),
  metrics: createMetrics(),
  clock: { now: () => Date.now() },
  version: "0.1.0",
};
await using shipper = new Shipper([endpointOf(url, { catchUp: "batched" })], dependencies);
const stop = new AbortController();
const ended = shipper.run(stop.signal);
await waitFor("an empty queue", () => ledger.backlog().every(({ requests }) => requests === 0), { timeoutMs: 60_000 });
stop.abort();
await ended;

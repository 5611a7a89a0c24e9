// Ships the ledger of a state folder until it is killed, or until nothing is pending: state folder, receiver's address.

import { Ledger } from "../../src/ledger/ledger.ts";
import { Shipper } from "../../src/ship/shipper.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { ledgerOptions } from "../support/ledger-options.ts";
import { outboxOf } from "../support/ledger-outbox.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf } from "../unit/ship/ship-fixture.ts";

const [stateDir = "", url = ""] = process.argv.slice(2);
using ledger = new Ledger(ledgerOptions(stateDir));
const dependencies = {
  outbox: outboxOf(ledger),
  log: createLog("error"),
  metrics: createMetrics(),
  clock: { now: () => Date.now() },
  version: "0.1.0",
};
await using shipper = new Shipper([endpointOf(url)], dependencies);
const stop = new AbortController();
const ended = shipper.run(stop.signal);
await waitFor("an empty queue", () => ledger.backlog().every(({ requests }) => requests === 0), { timeoutMs: 60_000 });
stop.abort();
await ended;

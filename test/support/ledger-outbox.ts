// A ledger as the ship stage has it, without the thread in between.

import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Outbox } from "../../src/ship/outbox.ts";

export function outboxOf(ledger: Ledger): Outbox {
  return {
    advance: async (endpoint, advance) => ledger.advance(endpoint, advance),
    park: async (endpoint, id, refused) => ledger.park(endpoint, id, refused),
  };
}

// What the stage needs to know of one endpoint; the configuration's slice has this shape.

import type { ConnectionOptions } from "../http/connection-options.ts";
import type { CatchUpMode } from "./catch-up.ts";

/** The message of a request: remote-write 1.0 or 2.0, by the names that Prometheus gives them. */
export type ProtobufMessage = "prometheus.WriteRequest" | "io.prometheus.write.v2.Request";

export interface EndpointOptions extends ConnectionOptions {
  /** Names the cursor over the outbox, so it outlives a change of everything else. */
  readonly name: string;
  /** croner pattern, seconds first, UTC. */
  readonly schedule: string;
  /** Limit of one whole exchange, connecting and fetching a token included. */
  readonly timeoutMs: number;
  readonly protobufMessage: ProtobufMessage;
  readonly catchUp: CatchUpMode;
}

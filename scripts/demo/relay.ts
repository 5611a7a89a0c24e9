// Makes the agent's pages, which its socket in the state folder serves too, reachable for a browser on this machine: the
// agent's own loopback is that of its namespace.

import { connect } from "node:net";
import { startForwarder } from "../../test/support/forwarder.ts";

export interface Relay extends AsyncDisposable {
  readonly url: string;
}

/** Forwards connections from a free port of 127.0.0.1 to a unix socket; nothing need listen there yet. */
export async function startRelay(socketPath: string): Promise<Relay> {
  const relay = await startForwarder({ port: 0, host: "127.0.0.1" }, () => connect(socketPath));
  return { url: `http://127.0.0.1:${relay.port}`, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

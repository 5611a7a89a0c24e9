// The status page of a running agent: joins its server, the thread that reads the ledger for it, and what the agent says
// of itself. Live figures come from memory; everything else is read by the thread.

import { hostname } from "node:os";
import { join } from "node:path";
import type { AgentOptions } from "./agent-options.ts";
import type { Health } from "./agent-status.ts";
import type { Backlog } from "./buffer/outbox.ts";
import { BacklogView } from "./ledger/backlog-view.ts";
import { overheadPerPacket } from "./model/byte-layer.ts";
import { basicAuthorizer } from "./status/basic-auth.ts";
import { ASSETS } from "./status/page/assets.ts";
import { SharedAnswers } from "./status/shared-answers.ts";
import { StatusClient } from "./status/status-client.ts";
import { type Status, STATUS_SOCKET } from "./status/status.ts";
import type { UsageSettings } from "./status/usage-settings.ts";
import { type Answer, jsonAnswer } from "./telemetry/answer.ts";
import type { Log } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { StatusServer, type StatusServerOptions } from "./telemetry/server.ts";

export interface StatusServiceParts {
  health(): Health;
  /** Asks the ledger. */
  backlog(): Promise<readonly Backlog[]>;
  status(backlog: readonly Backlog[]): Status;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** How long /api/status and /metrics say the same: a hundred clients that ask at once cost one answer. */
const SHARE_MS = 200;

export class StatusService implements AsyncDisposable {
  readonly #parts: StatusServiceParts;
  readonly #exposesAddresses: boolean;
  readonly #backlog: BacklogView;
  readonly #client: StatusClient;
  readonly #server: StatusServer;

  constructor(options: AgentOptions, parts: StatusServiceParts) {
    this.#parts = parts;
    this.#backlog = new BacklogView(() => parts.backlog());
    this.#exposesAddresses = options.config.agent.exposeAddresses;
    this.#client = new StatusClient(usageSettings(options), { log: parts.log });
    const shared = new SharedAnswers<Answer>({ maxAgeMs: SHARE_MS, maxAnswers: 2 }, (answer) => answer.status === 200);
    const status = async () => jsonAnswer(JSON.stringify(await this.#status()));
    this.#server = new StatusServer(serverOptions(options), {
      health: () => parts.health(),
      metrics: () => shared.get("metrics", () => this.#metrics()),
      status: () => shared.get("status", status),
      resource: (resource) => this.#client.ask(resource, () => this.#status()),
      assets: assetAnswers(),
      log: parts.log,
    });
  }

  /** Rejects with one line that names the setting to change where it cannot listen. */
  start(): Promise<void> {
    return this.#server.start();
  }

  /** Where a browser of this host finds the page; null where it does not listen. */
  get url(): string | null {
    const at = this.#server.address();
    if (at === null) return null;
    return `http://${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}/`;
  }

  /** Takes on a changed configuration, as far as the agent has. */
  reconfigure(options: AgentOptions): void {
    this.#client.reconfigure(usageSettings(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#client[Symbol.asyncDispose]();
  }

  async #status(): Promise<Status> {
    return this.#parts.status(await this.#backlog.latest());
  }

  /** A scrape has all or nothing: counters that are missing look like addresses that are silent. */
  async #metrics(): Promise<Answer> {
    if (!this.#exposesAddresses) return this.#ownMetrics();
    const addresses = await this.#client.ask({ kind: "addresses" }, () => this.#status());
    if (addresses.status !== 200) return addresses;
    const own = await this.#ownMetrics();
    return { ...own, parts: [...own.parts, ...addresses.parts] };
  }

  async #ownMetrics(): Promise<Answer> {
    const { metrics } = this.#parts;
    return { status: 200, type: metrics.contentType, parts: [Buffer.from(await metrics.metrics())] };
  }
}

function assetAnswers(): ReadonlyMap<string, Answer> {
  return new Map(
    [...ASSETS].map(([path, { type, body }]) => [path, { status: 200, type, parts: [Buffer.from(body)] }]),
  );
}

function serverOptions({ config: { agent } }: AgentOptions): StatusServerOptions {
  return {
    listen: agent.listen,
    socketPath: join(agent.stateDir, STATUS_SOCKET),
    names: [hostname(), ...agent.listenNames],
    authorize: agent.basicAuth && basicAuthorizer(agent.basicAuth),
  };
}

/** What the thread is told: plain values, and no prefixes, of which there can be many. */
export function usageSettings({ config, interfaces, networks }: AgentOptions): UsageSettings {
  const { agent, account, contracts } = config;
  return {
    stateDir: agent.stateDir,
    instance: agent.instance,
    externalLabels: agent.externalLabels,
    windowMs: account.windowMs,
    byteLayer: account.byteLayer,
    overheadPerPacket: overheadPerPacket(account.byteLayer, account.vlanTags),
    interfaces,
    networks: networks.map(({ name, labels }) => ({ name, labels })),
    contracts,
  };
}

// The composition root: the only file that knows every stage. Consumers start before producers and end after them:
// capture stops first, its last windows reach the ledger, the request in flight gets its few seconds, SQLite closes.

import { Housekeeping } from "./agent-housekeeping.ts";
import { type AgentOptions, monthCloseOptions, reloadable, restartKeys } from "./agent-options.ts";
import { reportGap, reportOpening } from "./agent-start-log.ts";
import { type Health, type StatusParts, WindowBoard } from "./agent-status.ts";
import { lockStateDir } from "./buffer/agent-lock.ts";
import { Capture } from "./capture/capture.ts";
import { MonthClose } from "./month-close.ts";
import { FillLog } from "./ledger/fill-log.ts";
import { LedgerCallError, LedgerClient } from "./ledger/ledger-client.ts";
import { WindowQueue } from "./ledger/window-queue.ts";
import { serviceNotify, watchdogMs } from "./lib/service-notify.ts";
import { type Clock, systemClock } from "./model/time.ts";
import { completenessOf } from "./model/window.ts";
import { watchService } from "./service-watch.ts";
import { Shipper } from "./ship/shipper.ts";
import { StatusService } from "./status-service.ts";
import type { Status } from "./status/status.ts";
import { AgentMetrics } from "./telemetry/agent-metrics.ts";
import { ClockWatch } from "./telemetry/clock-watch.ts";
import { type Log, stageLog } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { VERSION } from "./version.ts";

interface Parts {
  readonly ledger: LedgerClient;
  readonly queue: WindowQueue;
  readonly capture: Capture;
  readonly shipper: Shipper;
  readonly fillLog: FillLog;
  readonly status: StatusService;
  /** Aborts when the agent cannot go on, with what it ends with. */
  readonly broken: AbortController;
}

export class Agent {
  #options: AgentOptions;
  readonly #rootLog: Log;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #metrics = createMetrics();
  readonly #agentMetrics = new AgentMetrics(this.#metrics, VERSION);
  readonly #clockWatch: ClockWatch;
  readonly #board: WindowBoard;
  readonly #monthClose: MonthClose;
  readonly #service = { notify: serviceNotify(process.env), watchdogMs: watchdogMs(process.env, process.pid) };
  /** Until the kernel's windows are in: nothing is settled, and no other configuration is taken on. */
  #starting = true;
  #reloadAtStart: AgentOptions | null = null;
  #parts: Parts | null = null;

  constructor(options: AgentOptions, { log, clock = systemClock }: { readonly log: Log; readonly clock?: Clock }) {
    this.#options = options;
    this.#rootLog = log;
    this.#log = stageLog(log, "agent");
    this.#clock = clock;
    this.#clockWatch = new ClockWatch(this.#metrics, { log: this.#log });
    this.#monthClose = new MonthClose(monthCloseOptions(options.config), {
      log: stageLog(log, "billing"),
      metrics: this.#metrics,
    });
    this.#board = new WindowBoard(options.config.account.windowMs, clock.now());
  }

  /**
   * Runs until `signal` aborts; resolves when all that was captured is on disk. Rejects with LedgerError or
   * LedgerCallError where the state folder cannot be used, and with an Error of one line where `listen` is taken.
   * `started` is called when nothing stands in its way any more.
   */
  async run(signal: AbortSignal, started?: () => void): Promise<void> {
    const { config, ledger: ledgerOptions } = this.#options;
    using _lock = lockStateDir(config.agent.stateDir);
    await using ledger = await LedgerClient.open(ledgerOptions);
    reportOpening(stageLog(this.#rootLog, "buffer"), await ledger.call("opening"));
    const broken = new AbortController();
    const stop = AbortSignal.any([signal, broken.signal]);
    const queue = this.#windowQueue(ledger, stop, broken);
    const capture = this.#capture(queue, await ledger.call("identity"));
    const fillLog = this.#fillLog();
    fillLog.observe(await ledger.call("fill"));
    await using status = this.#statusService(ledger);
    const parts = { ledger, queue, capture, shipper: this.#shipper(ledger), fillLog, status, broken };
    this.#parts = parts;
    await status.start();
    started?.();
    const { instance, stateDir: state_dir } = config.agent;
    this.#log.info({ version: VERSION, instance, state_dir, status_page: status.url }, "agent started");
    await this.#runStages(stop, parts);
    this.#log.info("agent stopped");
  }

  /** Takes on networks, contracts and endpoints of a changed configuration; names what a restart is needed for. */
  async reload(options: AgentOptions): Promise<void> {
    const parts = this.#parts;
    if (!parts || this.#starting) {
      this.#reloadAtStart = options;
      return;
    }
    const keys = restartKeys(this.#options.config, options.config);
    if (keys.length > 0) this.#log.warn({ keys }, "these changes take effect with the next start");
    const kept = { ...this.#options.ledger, ...reloadable(options) };
    await parts.ledger.call("configure", kept);
    parts.capture.reload(options.networks);
    parts.shipper.reconfigure(options.config.remoteWrite);
    this.#monthClose.reconfigure(monthCloseOptions(options.config));
    const { contracts, billing } = options.config;
    const config = { ...this.#options.config, contracts, billing };
    this.#options = { ...this.#options, config, networks: options.networks, ledger: kept };
    parts.status.reconfigure(this.#options);
    this.#log.info(
      { networks: options.networks.length, endpoints: options.config.remoteWrite.length },
      "configuration reloaded",
    );
  }

  /** Goes on from the run before: what the kernel filed since comes first, then what nothing more can come of. */
  async #takeOver(stop: AbortSignal, { ledger, capture }: Parts): Promise<void> {
    // A window that ends after this may have a part that is still in the kernel.
    const startedMs = this.#clock.now();
    const adopted = await capture.adopt(stop);
    if (stop.aborted) return;
    for (const last of await ledger.call("lastWindows")) {
      // Of an interface that was counted all the time the next window settles what is before it.
      if (adopted.has(last.interface)) continue;
      if (this.#options.interfaces.includes(last.interface)) reportGap(this.#log, last, this.#clock.now());
      const scope = { endedByMs: startedMs, interface: last.interface };
      this.#agentMetrics.committed(await ledger.call("settle", scope));
    }
    this.#starting = false;
    this.#clockWatch.observe();
    this.#board.expectSince(this.#clock.now());
    if (this.#reloadAtStart) await this.reload(this.#reloadAtStart);
  }

  async #runStages(stop: AbortSignal, parts: Parts): Promise<void> {
    const { broken } = parts;
    const stopShipping = new AbortController();
    const guarded = (work: Promise<void>): Promise<void> =>
      work.catch((error: unknown) => {
        broken.abort(error);
      });
    const shipping = guarded(parts.shipper.run(stopShipping.signal));
    await guarded(this.#takeOver(stop, parts));
    const housekeeping = guarded(this.#housekeeping(parts).run(stop));
    const closing = this.#monthClose.run(stop);
    const watching = watchService({ ...this.#service, ping: () => parts.ledger.call("identity") }, stop);
    await guarded(parts.capture.run(stop));
    await parts.queue.drain();
    stopShipping.abort();
    await Promise.all([shipping, housekeeping, closing, watching]);
    broken.signal.throwIfAborted();
  }

  #windowQueue(ledger: LedgerClient, stopping: AbortSignal, broken: AbortController): WindowQueue {
    return new WindowQueue({
      ledger,
      stopping,
      log: stageLog(this.#rootLog, "buffer"),
      committed: (window, result) => {
        this.#board.committed(window);
        if (this.#starting) this.#board.expectSince(this.#clock.now());
        if (result.alreadyThere) return;
        const completeness = completenessOf(window.endMs - window.startMs, window.totals, window.quality);
        this.#agentMetrics.windowCommitted(window.interface, completeness, result);
      },
      failed: (error) => {
        this.#board.refused(error instanceof Error ? error.message : String(error));
        this.#agentMetrics.commitFailures.inc();
        if (error instanceof LedgerCallError && error.isFinal) broken.abort(error);
      },
      lost: () => this.#agentMetrics.lostWindows.inc(),
    });
  }

  #capture(sink: WindowQueue, ledgerId: string): Capture {
    const { config, interfaces, networks } = this.#options;
    const { stateDir } = config.agent;
    const { windowMs } = config.account;
    const options = { ...config.capture, windowMs, interfaces, networks, stateDir, ledgerId };
    const log = stageLog(this.#rootLog, "capture");
    return new Capture(options, { sink, metrics: this.#metrics, clock: this.#clock, log });
  }

  #shipper(ledger: LedgerClient): Shipper {
    return new Shipper(this.#options.config.remoteWrite, {
      outbox: {
        advance: (endpoint, advance) => ledger.call("advance", endpoint, advance),
        park: (endpoint, id, refused) => ledger.call("park", endpoint, id, refused),
      },
      log: stageLog(this.#rootLog, "ship"),
      metrics: this.#metrics,
      clock: this.#clock,
      version: VERSION,
    });
  }

  #fillLog(): FillLog {
    const { account, buffer } = this.#options.config;
    const log = stageLog(this.#rootLog, "buffer");
    return new FillLog({ maxBytes: buffer.maxBytes, windowMs: account.windowMs, log, clock: this.#clock });
  }

  #housekeeping({ ledger, queue, fillLog }: Parts): Housekeeping {
    const { account, buffer } = this.#options.config;
    return new Housekeeping({
      ledger,
      queue,
      metrics: this.#metrics,
      agentMetrics: this.#agentMetrics,
      fillLog,
      log: stageLog(this.#rootLog, "buffer"),
      clock: this.#clock,
      windowMs: account.windowMs,
      retentionMs: buffer.retentionMs,
      contracts: () => this.#options.config.contracts,
    });
  }

  #statusService(ledger: LedgerClient): StatusService {
    return new StatusService(this.#options, {
      health: () => this.#health(),
      backlog: () => ledger.call("backlog"),
      status: (backlog) => this.#status(backlog),
      metrics: this.#metrics,
      log: this.#log,
    });
  }

  #health(): Health {
    return this.#board.health(this.#parts?.capture.state() ?? [], this.#clock.now());
  }

  #status(backlog: StatusParts["backlog"]): Status {
    return this.#board.status({
      instance: this.#options.config.agent.instance,
      version: VERSION,
      nowMs: this.#clock.now(),
      capture: this.#parts?.capture.state() ?? [],
      endpoints: this.#parts?.shipper.state() ?? [],
      backlog,
      fill: this.#parts?.fillLog.state ?? null,
      clock: this.#clockWatch.observe(),
      health: this.#health(),
    });
  }
}

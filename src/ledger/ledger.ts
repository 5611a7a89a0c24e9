// The durable half of the agent, put together: accounting on top of the buffer, samples encoded straight into the
// outbox, all of one window in one commit. Synchronous; the agent runs it in a thread of its own (ledger-thread.ts).

import { join } from "node:path";
import { Accountant, type CloseOptions, type SettleScope } from "../account/accountant.ts";
import type { LiveCounters, RequestScope, SampleBuilder } from "../account/sample-sink.ts";
import { CounterWindows } from "../buffer/counter-windows.ts";
import { type Database, FinalLedgerError, inTransaction, LEDGER_FILE, openDatabase } from "../buffer/database.ts";
import { NetworkRegistry } from "../buffer/network-registry.ts";
import { DeadLetters, type NewDeadLetter } from "../buffer/dead-letters.ts";
import { type Backlog, Outbox, type OutboxRequest } from "../buffer/outbox.ts";
import { type LedgerOpening, noteDamage, openOwnLedger } from "../buffer/own-ledger.ts";
import { type DroppedSamples, NOTHING_DROPPED, OutboxTrim } from "../buffer/outbox-trim.ts";
import { giveBack, usedBytes } from "../buffer/file-space.ts";
import { LedgerFile } from "../buffer/ledger-file.ts";
import { ledgerFault } from "../buffer/ledger-fault.ts";
import { CaptureFiles } from "../buffer/capture-files.ts";
import { noteHarvested } from "../buffer/harvested-windows.ts";
import { eraseBefore } from "../buffer/retention.ts";
import { lastWindows, type LastWindow } from "../buffer/last-windows.ts";
import { ledgerIdentity } from "../buffer/ledger-identity.ts";
import { StagedWindows } from "../buffer/staged-windows.ts";
import { SqliteUsageStore } from "../buffer/usage-store.ts";
import { type ByteLayer, overheadPerPacket } from "../model/byte-layer.ts";
import type { Labels, Network } from "../model/network.ts";
import { sampleTime } from "../model/time.ts";
import type { WindowUsage } from "../model/window.ts";
import { type EncodedRequest, WriteRequestBuilder } from "../ship/write-request.ts";
import type { SelfSample } from "../telemetry/metrics.ts";

/** Everything that the ledger needs of a configuration; plain values, so that it crosses to the thread. */
export interface LedgerOptions {
  readonly stateDir: string;
  readonly windowMs: number;
  readonly idleTimeoutMs: number;
  readonly byteLayer: ByteLayer;
  readonly vlanTags: number;
  /** `instance`, `job` and the external labels. */
  readonly baseLabels: Labels;
  readonly networks: readonly Network[];
  /** Whether this process is the agent: only it ends what the configuration no longer has. */
  readonly owner: boolean;
  /** Names of the endpoints; with none, nothing is encoded. */
  readonly endpoints: readonly string[];
  /** Customer (a network's label `customer`) and time zone of each contract. */
  readonly contracts: readonly { readonly customer: string; readonly timeZone: string }[];
  readonly maxBytes: number;
  readonly retentionMs: number;
}

/** What a commit put into the outbox, and what went wrong quietly: dropped and late figures are to be counted. */
export interface CommitResult {
  readonly samples: number;
  readonly requests: number;
  readonly bytes: number;
  readonly lateBytes: number;
  readonly droppedSamples: DroppedSamples;
  readonly durationMs: number;
  /** The window's source had offered it before: nothing has changed. */
  readonly alreadyThere: boolean;
}

/** How full the ledger is, and what that has cost. */
export interface LedgerFill {
  readonly usedBytes: number;
  /** Since the ledger was made. */
  readonly dropped: DroppedSamples;
}

/** Requests hold at most this many samples: small enough for every receiver's limit, large enough to compress well. */
const MAX_SAMPLES_PER_REQUEST = 2_000;

export class Ledger implements Disposable {
  readonly #database: Database;
  readonly #outbox: Outbox;
  readonly #deadLetters: DeadLetters;
  readonly #trim: OutboxTrim;
  readonly #counterWindows: CounterWindows;
  readonly #registry: NetworkRegistry;
  readonly #file: LedgerFile;
  readonly #opening: LedgerOpening;
  readonly captureFiles: CaptureFiles;
  #options: LedgerOptions;
  #networkNames: ReadonlySet<string> = new Set();
  #accountant: Accountant;
  #builder: WriteRequestBuilder;
  #scope: RequestScope = { kind: "self", windowEndMs: 0 };
  #written = { samples: 0, requests: 0, bytes: 0 };
  /** Encoded and not in the outbox yet: SQLite writes nothing while accounting still reads rows to encode. */
  #encoded: EncodedRequest[] = [];

  /** Opens the ledger of `options.stateDir`. Throws LedgerError where that is impossible. */
  constructor(options: LedgerOptions) {
    const { database, opening } = options.owner ? openOwnLedger(options.stateDir) : openAsGuest(options.stateDir);
    this.#database = database;
    this.#opening = opening;
    this.#file = new LedgerFile(join(options.stateDir, LEDGER_FILE));
    this.#trim = new OutboxTrim(database);
    this.#counterWindows = new CounterWindows(database);
    this.#outbox = new Outbox(this.#database);
    this.#deadLetters = new DeadLetters(this.#database);
    this.#registry = new NetworkRegistry(this.#database);
    this.captureFiles = new CaptureFiles(this.#database);
    this.#options = options;
    this.#builder = this.#newBuilder(options);
    try {
      this.#accountant = this.#configure(options);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** The same for the agent. What only the first use finds damaged is set aside as well. */
  static openOwn(options: LedgerOptions): Ledger {
    try {
      return new Ledger(options);
    } catch (error) {
      if (!(error instanceof FinalLedgerError)) throw error;
      return new Ledger(options);
    }
  }

  /** Takes on a changed configuration between two commits. */
  configure(options: LedgerOptions): void {
    this.#options = options;
    this.#builder = this.#newBuilder(options);
    this.#accountant = this.#configure(options);
  }

  /** Commits a window that can no longer change; one that its source has offered before changes nothing. */
  close(window: WindowUsage, options: CloseOptions): CommitResult {
    return this.#commitOnce(window, () => {
      const { lateBytes } = this.#accountant.close(window, options);
      if (window.networks.some((name) => !this.#networkNames.has(name))) this.#endRemovedNetworks();
      return lateBytes;
    });
  }

  /** Commits a part of a window of which more may follow, once for each source. */
  hold(window: WindowUsage): CommitResult {
    return this.#commitOnce(window, () => this.#accountant.hold(window).lateBytes);
  }

  settle(scope: SettleScope): CommitResult {
    return this.#commit(() => {
      const { lateBytes } = this.#accountant.settle(scope);
      this.#endRemovedNetworks();
      return lateBytes;
    });
  }

  sampleLate(interfaceName: string, nowMs: number): CommitResult {
    return this.#commit(() => {
      this.#accountant.sampleLate(interfaceName, nowMs);
      return 0;
    });
  }

  /** Queues the agent's own metrics as of a window's end; once for each window. */
  appendSelf(samples: readonly SelfSample[], windowEndMs: number): CommitResult {
    return this.#commit(() => {
      const store = new SqliteUsageStore(this.#database);
      store.transaction(() => {
        if (!store.advanceStream("self", sampleTime(windowEndMs))) return;
        this.#write({ kind: "self", windowEndMs }, (builder) => {
          for (const { name, labels, value } of samples) {
            builder.add(builder.template(name, labels), value, sampleTime(windowEndMs));
          }
        });
      });
      return 0;
    });
  }

  next(endpoint: string): OutboxRequest | null {
    return this.#outbox.next(endpoint);
  }

  accepted(endpoint: string, id: number): void {
    this.#outbox.accepted(endpoint, id);
  }

  /** Keeps what the endpoint refused and moves its cursor, in one commit. Returns how many older letters made room. */
  park(endpoint: string, id: number, refused: readonly NewDeadLetter[]): number {
    return this.transaction(() => {
      const dropped = this.#deadLetters.add(endpoint, id, refused);
      this.#outbox.accepted(endpoint, id);
      return dropped;
    });
  }

  backlog(): readonly Backlog[] {
    return this.#outbox.backlog();
  }

  usedBytes(): number {
    return usedBytes(this.#database);
  }

  fill(): LedgerFill {
    return { usedBytes: this.usedBytes(), dropped: this.#trim.dropped() };
  }

  /** Gives the file system back some of the space that is free, at most 0.2 s of work. */
  giveBack(): void {
    giveBack(this.#database);
  }

  /** What opening the file came to. */
  opening(): LedgerOpening {
    return this.#opening;
  }

  /** What tells this ledger from every other: 32 hexadecimal digits. */
  identity(): string {
    return ledgerIdentity(this.#database);
  }

  lastWindows(): readonly LastWindow[] {
    return lastWindows(this.#database);
  }

  eraseBefore(beforeMs: number): number {
    return eraseBefore(this.#database, beforeMs);
  }

  /** Where capture files are staged; once for each ledger. */
  stage(): StagedWindows {
    return new StagedWindows(this.#database);
  }

  /** All of `work` in one transaction. Throws LedgerError where the disk, or who else has the file, refuses it. */
  transaction<T>(work: () => T): T {
    const verified = (): T => {
      const result = work();
      // Last, so that little time is left in which a commit could go into a file that was deleted.
      this.#file.verify();
      return result;
    };
    try {
      return inTransaction(this.#database, verified);
    } catch (error) {
      throw this.faultOf(error);
    }
  }

  /** What an error of this ledger means to its operator. */
  faultOf(error: unknown): unknown {
    const fault = ledgerFault(this.#file.path, error);
    if (fault instanceof FinalLedgerError && fault !== error) noteDamage(this.#file.path, fault.message);
    return fault;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #configure(options: LedgerOptions): Accountant {
    this.#networkNames = new Set(options.networks.map(({ name }) => name));
    this.transaction(() => {
      this.#registry.configure(options.networks, options.baseLabels);
      this.#endRemovedNetworks();
      if (options.owner) this.#outbox.removeOthers(options.endpoints);
      if (this.#outbox.addEndpoints(options.endpoints).length > 0) this.#registry.retireAll();
    });
    const store = new SqliteUsageStore(this.#database);
    const sink = { write: this.#write.bind(this) };
    return new Accountant(accountOptions(options), { store, sink });
  }

  /** A window that was open when the configuration changed makes addresses live of which nothing more will come. */
  #endRemovedNetworks(): void {
    if (this.#options.owner) this.#registry.retireOthers(this.#options.networks);
  }

  #newBuilder(options: LedgerOptions): WriteRequestBuilder {
    this.#encoded = [];
    const emit = (request: EncodedRequest): number => this.#encoded.push(request);
    return new WriteRequestBuilder({ maxSamples: MAX_SAMPLES_PER_REQUEST, baseLabels: options.baseLabels, emit });
  }

  #write(scope: RequestScope, fill: (builder: SampleBuilder) => void): void {
    if (this.#options.endpoints.length === 0) return;
    this.#scope = scope;
    fill(this.#builder);
    this.#builder.flush();
    const ids = this.#encoded.splice(0).map((request) => this.#append(request));
    if (scope.live) this.#noteCounters(scope.live, scope.windowEndMs, ids);
  }

  #noteCounters(live: LiveCounters, windowEndMs: number, ids: readonly number[]): void {
    const [first, last] = [ids[0], ids.at(-1)];
    const requests = first === undefined || last === undefined ? null : { first, last };
    this.#counterWindows.add({ ...live, windowEndMs, requests });
  }

  /** Returns its id. */
  #append({ samples, body }: EncodedRequest): number {
    const { kind, windowEndMs } = this.#scope;
    const id = this.#outbox.append({ kind, windowEndMs, samples, body });
    this.#written = {
      samples: this.#written.samples + samples,
      requests: this.#written.requests + 1,
      bytes: this.#written.bytes + body.length,
    };
    return id;
  }

  #commitOnce({ source, startMs, networks }: WindowUsage, work: () => number): CommitResult {
    const known = (): number => {
      if (source !== null) this.#registry.ensure(networks);
      return work();
    };
    return this.#commit(known, () => source !== null && !noteHarvested(this.#database, source, startMs));
  }

  #commit(work: () => number, isThere = (): boolean => false): CommitResult {
    const startedMs = performance.now();
    this.#written = { samples: 0, requests: 0, bytes: 0 };
    try {
      const outcome = this.transaction(() => {
        if (isThere()) return { lateBytes: 0, droppedSamples: NOTHING_DROPPED, alreadyThere: true };
        const lateBytes = work();
        return { lateBytes, droppedSamples: this.#trim.trim(this.#options.maxBytes), alreadyThere: false };
      });
      return { ...this.#written, ...outcome, durationMs: performance.now() - startedMs };
    } catch (error) {
      // What the commit had encoded so far is not to be in the next one.
      this.#builder = this.#newBuilder(this.#options);
      throw error;
    }
  }
}

/** Opens a ledger that an agent may have open too: nothing of it is moved. */
function openAsGuest(stateDir: string): { readonly database: Database; readonly opening: LedgerOpening } {
  return { database: openDatabase(stateDir), opening: { setAside: null, check: null } };
}

function accountOptions(options: LedgerOptions) {
  const zonesOf = (customer: string | undefined): string[] =>
    options.contracts.filter((contract) => contract.customer === customer).map((contract) => contract.timeZone);
  const orUtc = (zones: string[]): string[] => [...new Set(zones.length === 0 ? ["UTC"] : zones)];
  return {
    windowMs: options.windowMs,
    idleTimeoutMs: options.idleTimeoutMs,
    overheadPerPacket: overheadPerPacket(options.byteLayer, options.vlanTags),
    timeZonesOf: (labels: Labels) => orUtc(zonesOf(labels["customer"])),
    timeZones: [...new Set(["UTC", ...options.contracts.map((contract) => contract.timeZone)])],
  };
}

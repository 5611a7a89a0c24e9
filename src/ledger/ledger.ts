// The durable half of the agent, put together: accounting on top of the buffer, samples encoded straight into the
// outbox, all of one window in one commit. Synchronous; the agent runs it in a thread of its own (ledger-thread.ts).

import { join } from "node:path";
import { Accountant, type CloseOptions, type SettleScope } from "../account/accountant.ts";
import { type BillingState, billingState } from "../buffer/bill-store.ts";
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
import { sampleTime } from "../model/time.ts";
import type { WindowUsage } from "../model/window.ts";
import { type Advance, type PendingRequests } from "../ship/outbox.ts";
import { accountOptions, type LedgerOptions } from "./ledger-options.ts";
import { OutboxWriter } from "./outbox-writer.ts";
import type { SelfSample } from "../telemetry/metrics.ts";
import { OutboxReader } from "./outbox-reader.ts";

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

export class Ledger implements Disposable {
  readonly #database: Database;
  readonly #outbox: Outbox;
  readonly #reader: OutboxReader;
  readonly #deadLetters: DeadLetters;
  readonly #trim: OutboxTrim;
  readonly #registry: NetworkRegistry;
  readonly #file: LedgerFile;
  readonly #opening: LedgerOpening;
  readonly captureFiles: CaptureFiles;
  #options: LedgerOptions;
  #networkNames: ReadonlySet<string> = new Set();
  #accountant: Accountant;
  readonly #writer: OutboxWriter;

  /** Opens the ledger of `options.stateDir`. Throws LedgerError where that is impossible. */
  constructor(options: LedgerOptions) {
    const { database, opening } = options.owner ? openOwnLedger(options.stateDir) : openAsGuest(options.stateDir);
    this.#database = database;
    this.#opening = opening;
    this.#file = new LedgerFile(join(options.stateDir, LEDGER_FILE));
    this.#trim = new OutboxTrim(database);
    this.#outbox = new Outbox(this.#database);
    this.#reader = new OutboxReader(this.#outbox);
    this.#deadLetters = new DeadLetters(this.#database);
    this.#registry = new NetworkRegistry(this.#database);
    this.captureFiles = new CaptureFiles(this.#database);
    this.#options = options;
    this.#writer = new OutboxWriter(this.#outbox, new CounterWindows(database), options);
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
    this.#writer.configure(options);
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
        this.#writer.write({ kind: "self", windowEndMs }, (builder) => {
          for (const { name, labels, value } of samples) {
            builder.add(builder.template(name, labels), value, sampleTime(windowEndMs));
          }
        });
      });
      return 0;
    });
  }

  /** Notes what the endpoint has accepted, in a commit of its own, and reads what it gets next. */
  advance(endpoint: string, advance: Advance): PendingRequests {
    if (advance.acceptedId !== null) this.#outbox.accepted(endpoint, advance.acceptedId);
    return this.#reader.read(endpoint, advance);
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

  billingState(): BillingState {
    return billingState(this.#database);
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
      const added = this.#outbox.addEndpoints(options.endpoints, options.endpointsFromNow);
      if (added.length > 0) this.#registry.retireAll();
    });
    const store = new SqliteUsageStore(this.#database);
    const sink = this.#writer;
    return new Accountant(accountOptions(options), { store, sink });
  }

  /** A window that was open when the configuration changed makes addresses live of which nothing more will come. */
  #endRemovedNetworks(): void {
    if (this.#options.owner) this.#registry.retireOthers(this.#options.networks);
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
    this.#writer.begin();
    try {
      const outcome = this.transaction(() => {
        if (isThere()) return { lateBytes: 0, droppedSamples: NOTHING_DROPPED, alreadyThere: true };
        const lateBytes = work();
        return { lateBytes, droppedSamples: this.#trim.trim(this.#options.maxBytes), alreadyThere: false };
      });
      return { ...this.#writer.written, ...outcome, durationMs: performance.now() - startedMs };
    } catch (error) {
      this.#writer.abandon();
      throw error;
    }
  }
}

/** Opens a ledger that an agent may have open too: nothing of it is moved. */
function openAsGuest(stateDir: string): { readonly database: Database; readonly opening: LedgerOpening } {
  return { database: openDatabase(stateDir), opening: { setAside: null, check: null } };
}

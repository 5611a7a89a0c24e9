// A state folder whose ledger has the whole previous month of two customers, and the configuration that bills it.

import { writeFile } from "node:fs/promises";
import { stringify, type TomlTable } from "smol-toml";
import { Calendar, type Month } from "../../src/model/calendar.ts";
import { type CommandResult, runCommand } from "./agent-process.ts";
import { changeLedger, ledgerRows } from "./ledger-options.ts";
import { writeMonthLedger } from "./month-ledger.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

export const ACME = "Acme, Inc.";
/** What a customer may be called by somebody who means harm. */
export const HOSTILE = "../../etc/pass\nwd\u001b[31m<b>\u202Etxt";

const CONTRACT = { customer: ACME, commit_mbps: "100", price_per_mbps: "2.5", currency: "EUR" };

export class BilledMonth implements AsyncDisposable {
  readonly month: Month;
  /** `YYYY-MM`. */
  readonly name: string;
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    const calendar = new Calendar("UTC");
    this.month = calendar.monthBefore(calendar.monthAt(Date.now()));
    this.name = `${this.month.period.slice(0, 4)}-${this.month.period.slice(4)}`;
    this.#folder = folder;
  }

  static async create(): Promise<BilledMonth> {
    const folder = await tempFolder();
    const billed = new BilledMonth(folder);
    fillMonth(folder.file("state"), billed.month);
    await billed.configure();
    return billed;
  }

  get stateDir(): string {
    return this.#folder.file("state");
  }

  get configFile(): string {
    return this.#folder.file("agent.toml");
  }

  file(name: string): string {
    return this.#folder.file(name);
  }

  async configure(contract: TomlTable | null = {}): Promise<void> {
    await writeFile(this.configFile, stringify(billedConfig(contract)));
  }

  report(...args: readonly string[]): Promise<CommandResult> {
    return runCommand("report", "--config", this.configFile, ...args);
  }

  /** What the ledger has of bills. */
  bills(columns = "customer, version, corrects, status"): readonly Readonly<Record<string, unknown>>[] {
    return ledgerRows(this.stateDir, `SELECT ${columns} FROM bill ORDER BY customer, version`);
  }

  /** Erases the intervals before `beforeMs` as retention does, and says so in the ledger. */
  erase(beforeMs: number): void {
    changeLedger(
      this.stateDir,
      `
      DELETE FROM interval_usage WHERE start_ms < ${beforeMs};
      DELETE FROM interval WHERE start_ms < ${beforeMs};
      DELETE FROM window WHERE start_ms < ${beforeMs};
      INSERT INTO setting VALUES ('intervals_erased_before_ms', '${beforeMs}')`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Two customers, one of them with a contract; its keys can be changed, null leaves it away. */
export function billedConfig(contract: TomlTable | null = {}) {
  return {
    agent: { instance: "edge-01", state_dir: "state", listen: "" },
    interface: [{ name: "lo" }],
    network: [
      { name: "acme-fra", prefixes: ["192.0.2.0/25"], labels: { customer: ACME } },
      { name: "hostile", prefixes: ["192.0.2.128/25"], labels: { customer: HOSTILE } },
    ],
    billing: { grace: "0s", output_dir: "bills" },
    ...(contract === null ? {} : { contract: [{ ...CONTRACT, ...contract }] }),
  } satisfies TomlTable;
}

/** An hour of the month is missing. */
export function fillMonth(stateDir: string, { startMs, endMs }: Month): void {
  const usage = (timeMs: number) => ({ bytesIn: ((timeMs / 300_000) * 7_919) % 100_003, bytesOut: 5 });
  const gapMs = startMs + 7_200_000;
  const withGap = (timeMs: number) => (timeMs >= gapMs && timeMs < gapMs + 3_600_000 ? null : usage(timeMs));
  writeMonthLedger(stateDir, [
    { network: "acme-fra", labels: { customer: ACME }, startMs, endMs, usage: withGap },
    { network: "hostile", labels: { customer: HOSTILE }, startMs, endMs, usage },
  ]);
}

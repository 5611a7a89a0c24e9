// A command on a pseudo terminal of its own, with what it shows there. Ends with the test at the latest.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ScreenState, screenAfter } from "./screen-state.ts";

const SCRIPT = fileURLToPath(new URL("terminal.py", import.meta.url));
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Terminal implements AsyncDisposable {
  /** Exit code of the command; 128 and the number of the signal that ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #columns: number;
  #rows: number;
  #output = "";

  constructor(command: readonly string[], { columns = 80, rows = 24, env = {} }: TerminalOptions = {}) {
    [this.#columns, this.#rows] = [columns, rows];
    const args = [SCRIPT, String(columns), String(rows), ...command];
    const environment = { ...process.env, TERM: "xterm", ...env };
    this.#child = spawn("python3", args, { stdio: ["pipe", "pipe", "inherit"], env: environment });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    // The last orders may come when the command has ended.
    this.#child.stdin?.on("error", () => undefined);
    this.ended = once(this.#child, "close").then(([code]) => code);
  }

  /** The built program. */
  static ofAgent(args: readonly string[], options: TerminalOptions = {}): Terminal {
    return new Terminal([process.execPath, MAIN, ...args], options);
  }

  /** Everything that was written so far. */
  get output(): string {
    return this.#output;
  }

  /** What the terminal shows now; of its size as it is now. */
  get screen(): ScreenState {
    return screenAfter(this.#output, this.#columns, this.#rows);
  }

  type(keys: string): void {
    this.#order({ keys });
  }

  resize(columns: number, rows: number): void {
    [this.#columns, this.#rows] = [columns, rows];
    this.#order({ size: [columns, rows] });
  }

  /** By number: 2 is SIGINT, 15 SIGTERM. */
  signal(signal: number): void {
    this.#order({ signal });
  }

  /** Takes the terminal away, as closing its window does. */
  hangUp(): void {
    this.#order({ hang_up: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.signal(9);
      await this.ended;
    }
  }

  #order(order: object): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}

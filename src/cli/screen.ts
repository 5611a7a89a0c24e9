// The terminal as a screen that is drawn again and again: the alternate screen, without a cursor, never wrapping. Whatever
// ends it, the terminal is as it was before. Control sequences: ECMA-48 and xterm's.

import { cutToWidth } from "./text-width.ts";

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const ERASE_LINE_END = "\x1b[K";
const ERASE_BELOW = "\x1b[J";
const CONTROL_C = "\x03";
const CONTROL_Z = "\x1a";
const DEFAULT_SIZE = { columns: 80, rows: 24 };

export class Screen implements Disposable {
  readonly #output: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;
  readonly #ended: () => void;
  readonly #onKey = (keys: Buffer): void => this.#pressed(keys.toString("latin1"));
  readonly #onContinue = (): void => this.#enter();
  readonly #onResize = (): void => this.#redraw();
  #lines: readonly string[] = [];
  #isEntered = false;

  /** `ended` is called when a key ends it. */
  constructor({ output, input }: { output: NodeJS.WriteStream; input: NodeJS.ReadStream }, ended: () => void) {
    this.#output = output;
    this.#input = input;
    this.#ended = ended;
  }

  /** Takes the terminal until it is disposed. */
  open(): this {
    this.#enter();
    this.#output.on("resize", this.#onResize);
    process.on("SIGCONT", this.#onContinue);
    if (this.#input.isTTY) this.#input.on("data", this.#onKey).on("error", this.#ended);
    return this;
  }

  /** Shows the first lines, as far as they fit. They have no controls in them. */
  show(text: string): void {
    this.#lines = text.split("\n");
    this.#redraw();
  }

  [Symbol.dispose](): void {
    this.#output.off("resize", this.#onResize);
    process.off("SIGCONT", this.#onContinue);
    this.#input.off("data", this.#onKey).off("error", this.#ended);
    this.#leave();
    // Else the program would wait for its next key.
    this.#input.pause();
  }

  #enter(): void {
    if (this.#input.isTTY) this.#input.setRawMode(true);
    this.#isEntered = true;
    this.#output.write(ENTER);
    this.#redraw();
  }

  #leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    this.#output.write(LEAVE);
    if (this.#input.isTTY) this.#input.setRawMode(false);
  }

  #redraw(): void {
    if (!this.#isEntered) return;
    const columns = this.#output.columns || DEFAULT_SIZE.columns;
    const rows = this.#output.rows || DEFAULT_SIZE.rows;
    const drawn = this.#lines.slice(0, rows).map((line) => `${cutToWidth(line, columns)}${ERASE_LINE_END}`);
    this.#output.write(`${HOME}${drawn.join("\r\n")}${drawn.length < rows ? ERASE_BELOW : ""}`);
  }

  #pressed(keys: string): void {
    if (/[qQ]/.test(keys) || keys.includes(CONTROL_C)) this.#ended();
    else if (keys.includes(CONTROL_Z)) {
      // The terminal does not do it while it hands over single keys.
      this.#leave();
      process.kill(process.pid, "SIGTSTP");
      // By then it is continued; or nobody could have continued it, and it was not stopped.
      setImmediate(this.#onContinue);
    }
  }
}

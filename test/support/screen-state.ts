// What a terminal shows after some output: as much of ECMA-48 and xterm as this program uses. Anything else is an error, so
// that a name which reaches the terminal with controls in it fails its test.

export interface ScreenState {
  /** The lines that are shown, without blanks at their ends and empty lines at the bottom. */
  readonly lines: readonly string[];
  readonly isAlternate: boolean;
  readonly isCursorShown: boolean;
  readonly wraps: boolean;
}

interface Buffer {
  rows: string[][];
  x: number;
  y: number;
}

// oxlint-disable-next-line no-control-regex
const TOKEN = /\x1b\[(\??)([\d;]*)([A-Za-z])|[\s\S]/gu;

/** Feeds `output` to a terminal of that size. Throws where it has a control that is not known. */
export function screenAfter(output: string, columns: number, rows: number): ScreenState {
  const screen = new TerminalScreen(columns, rows);
  for (const [token, isPrivate, number, final] of output.matchAll(TOKEN)) {
    if (final === undefined) screen.put(token);
    else screen.control(`${isPrivate ?? ""}${number ?? ""}${final}`);
  }
  return screen.state();
}

class TerminalScreen {
  readonly #columns: number;
  readonly #height: number;
  #main: Buffer = { rows: [[]], x: 0, y: 0 };
  #alternate: Buffer | null = null;
  #isCursorShown = true;
  #wraps = true;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#height = rows;
  }

  get #now(): Buffer {
    return this.#alternate ?? this.#main;
  }

  control(sequence: string): void {
    const buffer = this.#now;
    switch (sequence) {
      case "?1049h":
        this.#alternate = { rows: [[]], x: 0, y: 0 };
        return;
      case "?1049l":
        this.#alternate = null;
        return;
      case "?25h":
      case "?25l":
        this.#isCursorShown = sequence === "?25h";
        return;
      case "?7h":
      case "?7l":
        this.#wraps = sequence === "?7h";
        return;
      case "H":
        [buffer.x, buffer.y] = [0, 0];
        return;
      case "K":
        this.#row().splice(buffer.x);
        return;
      case "J":
        this.#row().splice(buffer.x);
        buffer.rows.splice(buffer.y + 1);
        return;
      default:
        throw new Error(`the terminal was sent ESC [ ${sequence}`);
    }
  }

  put(character: string): void {
    const buffer = this.#now;
    if (character === "\r") buffer.x = 0;
    else if (character === "\n") this.#down();
    else if (/\p{Cc}/u.test(character)) throw new Error(`the terminal was sent ${JSON.stringify(character)}`);
    else this.#print(character);
  }

  state(): ScreenState {
    const { rows } = this.#now;
    const lines = Array.from(rows, (row) =>
      Array.from(row ?? [], (cell) => cell ?? " ")
        .join("")
        .trimEnd(),
    );
    const last = lines.findLastIndex((line) => line !== "");
    return {
      lines: lines.slice(0, last + 1),
      isAlternate: this.#alternate !== null,
      isCursorShown: this.#isCursorShown,
      wraps: this.#wraps,
    };
  }

  #print(character: string): void {
    const buffer = this.#now;
    if (buffer.x >= this.#columns) {
      if (this.#wraps) {
        buffer.x = 0;
        this.#down();
      } else buffer.x = this.#columns - 1;
    }
    this.#row()[buffer.x] = character;
    buffer.x += 1;
  }

  /** The alternate screen scrolls, which loses its first line; the main one keeps all. */
  #down(): void {
    const buffer = this.#now;
    buffer.y += 1;
    if (this.#alternate !== null && buffer.y >= this.#height) {
      buffer.rows.shift();
      buffer.y -= 1;
    }
  }

  #row(): string[] {
    const buffer = this.#now;
    return (buffer.rows[buffer.y] ??= []);
  }
}

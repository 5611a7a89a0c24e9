// The secrets that one connection uses, so that whatever it says of an answer can be rid of them: a receiver, a proxy or
// a token server may echo what it was sent.

const MASK = "***";
/** Older ones, of files that were replaced and tokens that expired, are forgotten. */
const MOST = 64;
/** A cut text may end in the beginning of a secret; a shorter beginning tells nothing. */
const SHORTEST_BEGINNING = 4;

export class Secrets {
  readonly #known = new Set<string>();

  /** Notes `secret` as it is and as it may be written in a URL, a form and JSON; an empty one is none. */
  add(secret: string): void {
    const form = new URLSearchParams([["", secret]]).toString().slice(1);
    const json = JSON.stringify(secret).slice(1, -1);
    for (const text of [secret, encodeURIComponent(secret), form, json]) {
      if (text === "") continue;
      this.#known.delete(text);
      this.#known.add(text);
    }
    for (const oldest of this.#known) if (this.#known.size > MOST) this.#known.delete(oldest);
  }

  /** `text` without any of them, also where it was cut in the middle of one. */
  redact(text: string): string {
    // The longest first: one secret may hold another.
    const known = [...this.#known].sort((a, b) => b.length - a.length);
    return known.reduce((rest, secret) => withoutBeginning(rest.replaceAll(secret, MASK), secret), text);
  }
}

function withoutBeginning(text: string, secret: string): string {
  for (let length = secret.length - 1; length >= SHORTEST_BEGINNING; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return `${text.slice(0, -length)}${MASK}`;
  }
  return text;
}

// What a server answered, as far as it is read, and what of it a log may say.

/** An answer as far as it is read; header names in lower case, `body` its first KiB. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const REASON_CHARACTERS = 200;

/** The first 200 characters of a receiver's words, for the log and the status. */
export function oneLine(words: string): string {
  return words.replace(/\s+/g, " ").trim().slice(0, REASON_CHARACTERS);
}

/** The first value of a header; null where it is absent. */
export function header(headers: Answer["headers"], name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

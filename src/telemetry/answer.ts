// What the status server answers with.

export interface Answer {
  readonly status: number;
  /** Media type. */
  readonly type: string;
  /** Sent one after another; answers of one moment share them. */
  readonly parts: readonly Uint8Array[];
  /** Beside those that every answer has, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plain text, with a line feed of its own where `body` has one. */
export function textAnswer(status: number, body: string, headers: Answer["headers"] = {}): Answer {
  return { status, type: "text/plain; charset=utf-8", parts: [Buffer.from(body)], headers };
}

/** `body` is JSON; an end of line is added. */
export function jsonAnswer(body: string): Answer {
  return { status: 200, type: "application/json", parts: [Buffer.from(`${body}\n`)] };
}

/** Bytes of the body. */
export function lengthOf({ parts }: Pick<Answer, "parts">): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

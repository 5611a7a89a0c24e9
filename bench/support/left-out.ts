// Subjects that do not start here, because a program is missing or the kernel is too old: the rest is measured.

export class LeftOut {
  readonly #reasons = new Map<string, string>();

  has(name: string): boolean {
    return this.#reasons.has(name);
  }

  /** The started subject, or null from now on where it does not start; the reason is said once. */
  async start<T>(name: string, start: () => Promise<T>): Promise<T | null> {
    if (this.has(name)) return null;
    try {
      return await start();
    } catch (error) {
      const reason = oneLine(error instanceof Error ? error.message : String(error));
      this.#reasons.set(name, reason);
      console.error(`... ${name} is left out, it does not start: ${reason}`);
      return null;
    }
  }

  /** A sentence for each. */
  get notes(): readonly string[] {
    return [...this.#reasons].map(([name, reason]) => `${name} is left out, it does not start: ${reason}`);
  }
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, "; ");
}

// What the demonstration prints: numbered steps, and below each what happened.

export class Narrator {
  #steps = 0;

  step(text: string): void {
    this.#steps += 1;
    console.log(`\n${this.#steps}. ${text}`);
  }

  say(text: string): void {
    for (const line of text.trimEnd().split("\n")) console.log(line === "" ? "" : `   ${line}`);
  }
}

/** `1.25 GB`. */
export function inUnits(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 2)} ${units[power] ?? ""}`;
}

/** `12.3 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

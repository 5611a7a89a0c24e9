// How a contract's percentile is called.

/** `95th percentile`, `99.9th percentile`. */
export function percentileName(perMille: number): string {
  return `${ordinalText(perMille)} percentile`;
}

/** `95th`, `99.9th`, `91st`. */
export function ordinalText(perMille: number): string {
  const text = String(perMille / 10);
  const suffix = { "1": "st", "2": "nd", "3": "rd" }[text.at(-1) ?? ""];
  const isTeen = perMille % 10 === 0 && perMille >= 110 && perMille <= 130;
  return `${text}${isTeen ? "th" : (suffix ?? "th")}`;
}

// Rules over the prices of a contract: which keys go with which pricing, tiers in order, rounding to something.

import { parseMbps } from "../model/contract-values.ts";
import { entriesAt, type Path, type Table, tableAt } from "./document.ts";
import { formatPath, type Problem } from "./problem.ts";
import { isTable } from "./fields.ts";

const EXAMPLE_TIERS =
  'tiers = [{ above_mbps = "0", price_per_mbps = "3" }, { above_mbps = "100", price_per_mbps = "2.50" }]';

export function priceProblems(document: Table, path: Path): Problem[] {
  const contract = tableAt(document, path);
  return [
    ...pricingProblems(contract, path),
    ...tierProblems(document, [...path, "tiers"]),
    ...currencyProblems(contract, path),
    ...roundingProblems(contract, path),
  ];
}

function pricingProblems({ pricing = "flat", price_per_mbps: price, tiers }: Table, path: Path): Problem[] {
  const at = (key: string, text: string): Problem => ({ path: [...path, key], text });
  if (pricing === "flat") {
    const text = 'belongs to another pricing; write pricing = "blended" or "volume", or remove it';
    return tiers === undefined ? [] : [{ ...at("tiers", text), hideValue: true }];
  }
  if (pricing !== "blended" && pricing !== "volume") return [];
  return [
    ...(price === undefined
      ? []
      : [at("price_per_mbps", "belongs to the pricing flat; remove it, the tiers have prices")]),
    ...(tiers === undefined ? [at("pricing", `needs tiers; add e.g. ${EXAMPLE_TIERS}`)] : []),
  ];
}

/** Of tiers that cannot be read the schema tells. */
function tierProblems(document: Table, path: Path): Problem[] {
  const entries = entriesAt(document, path);
  const rates = entries.map(({ value }) => (isTable(value) ? mbpsOf(value["above_mbps"]) : null));
  if (Array.isArray(tableAt(document, path.slice(0, -1))["tiers"]) && entries.length === 0) {
    return [{ path, text: `is empty; write e.g. ${EXAMPLE_TIERS}` }];
  }
  return entries.flatMap((entry, index) => {
    const at = [...entry.path, "above_mbps"];
    const [rate, before] = [rates[index], index === 0 ? 0 : rates[index - 1]];
    if (typeof rate !== "number" || typeof before !== "number") return [];
    if (index === 0) return rate === 0 ? [] : [{ path: at, text: 'leaves rates below it without a price; write "0"' }];
    const earlier = formatPath([...path, index - 1]);
    return rate > before ? [] : [{ path: at, text: `is not above that of ${earlier}; order tiers by above_mbps` }];
  });
}

function currencyProblems(contract: Table, path: Path): Problem[] {
  const priced = ["price_per_mbps", "tiers", "base_fee"].find((key) => contract[key] !== undefined);
  if (contract["currency"] === undefined) {
    const text = 'needs currency; add e.g. currency = "EUR"';
    return priced === undefined ? [] : [{ path: [...path, priced], text, hideValue: true }];
  }
  if (priced !== undefined) return [];
  return [
    { path: [...path, "currency"], text: 'stands without a price; add e.g. price_per_mbps = "2.50", or remove it' },
  ];
}

function roundingProblems({ round_mbps: step, rounding }: Table, path: Path): Problem[] {
  if (step === undefined) {
    const text = 'needs round_mbps; add e.g. round_mbps = "1", or remove it';
    return rounding === undefined ? [] : [{ path: [...path, "rounding"], text }];
  }
  if (mbpsOf(step) !== 0) return [];
  return [{ path: [...path, "round_mbps"], text: 'is no step; write e.g. "1", or remove it to bill unrounded rates' }];
}

function mbpsOf(value: unknown): number | null {
  return typeof value === "string" ? parseMbps(value) : null;
}

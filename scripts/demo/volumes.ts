// Bytes by customer and direction: what was sent, as those who made the traffic count it.

import { CUSTOMERS, DIRECTIONS, type Direction } from "./customers.ts";

/** IP bytes by `customer direction`; all six are there. */
export type Volumes = ReadonlyMap<string, number>;

export function volumeKey(customer: string, direction: Direction): string {
  return `${customer} ${direction}`;
}

/** The volumes that `bytesOf` tells for each customer and direction. */
export function volumesBy(bytesOf: (customer: string, direction: Direction) => number): Volumes {
  const entries = CUSTOMERS.flatMap(({ name }) =>
    DIRECTIONS.map((direction) => [volumeKey(name, direction), bytesOf(name, direction)] as const),
  );
  return new Map(entries);
}

export function sumOf(...all: readonly Volumes[]): Volumes {
  return volumesBy((customer, direction) =>
    all.reduce((sum, volumes) => sum + (volumes.get(volumeKey(customer, direction)) ?? 0), 0),
  );
}

export function totalOf(volumes: Volumes): number {
  return [...volumes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

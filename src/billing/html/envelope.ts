// Many intervals on few columns of a chart: the least and the greatest of each column, so that no peak is lost.

/** How a chart's columns lie over the intervals of its axis, of which there are at least as many. */
export interface Layout {
  readonly columns: number;
  /** Intervals that the axis has room for, those that are not there yet included. */
  readonly slots: number;
  /** Slot of the first value. */
  readonly first: number;
}

export interface Envelope {
  /** NaN where a column has no value. */
  readonly least: Float64Array;
  readonly greatest: Float64Array;
}

/** `[from, to)` in columns. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

export function envelope(values: Float64Array, layout: Layout): Envelope {
  const least = new Float64Array(layout.columns).fill(Number.NaN);
  const greatest = new Float64Array(layout.columns).fill(Number.NaN);
  for (const [index, value] of values.entries()) {
    const column = columnOf(layout, index);
    if (!((least[column] ?? 0) <= value)) least[column] = value;
    if (!((greatest[column] ?? 0) >= value)) greatest[column] = value;
  }
  return { least, greatest };
}

/** Runs of columns with a value for which `isIn` is true; `length` values. */
export function columnRuns(length: number, layout: Layout, isIn: (index: number) => boolean): readonly Run[] {
  const runs: { from: number; to: number }[] = [];
  for (let index = 0; index < length; index += 1) {
    if (!isIn(index)) continue;
    const column = columnOf(layout, index);
    const last = runs.at(-1);
    if (last && column <= last.to) last.to = Math.max(last.to, column + 1);
    else runs.push({ from: column, to: column + 1 });
  }
  return runs;
}

/** The column that holds the value at `index`. */
export function columnOf({ columns, slots, first }: Layout, index: number): number {
  return Math.min(columns - 1, Math.floor(((first + index) * columns) / slots));
}

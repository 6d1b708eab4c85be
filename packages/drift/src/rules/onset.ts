/** How many of the last windows must differ until a feature has drifted. */
export interface OnsetRule {
  /** Windows that differ. */
  readonly flagged: number;
  /** Windows that are looked at. */
  readonly of: number;
}

/** Alerts of a sequence of windows. */
export interface Onsets {
  /** True while the alert lasts. */
  readonly isActive: boolean;
  /** Indexes of the windows at which an alert begins. */
  readonly begins: readonly number[];
}

/**
 * Finds where an alert begins: at the window with which `flagged` of the last `of` ones differ. It ends when none of them does, so that it doesn't begin
 * again with every other window.
 */
export function findOnsets(flags: readonly boolean[], { flagged, of }: OnsetRule): Onsets {
  const begins: number[] = [];
  let isActive = false;
  for (const index of flags.keys()) {
    const recent = flags.slice(Math.max(0, index + 1 - of), index + 1).filter(Boolean).length;
    if (recent >= flagged && !isActive) begins.push(index);
    isActive = recent >= flagged || (isActive && recent > 0);
  }
  return { isActive, begins };
}

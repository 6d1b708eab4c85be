/** A condition about errors is over after this time without one, in milliseconds. */
export const ERRORS_END_MS = 1_800_000;

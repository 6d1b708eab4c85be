/** How one gate was decided. */
export interface GateResult {
  /** The gate as text: `accuracy >= 0.95`. */
  readonly gate: string;
  readonly passed: boolean;
  /** What was found, for people. */
  readonly found: string;
}

/** How the gates of an alias were decided when it was set; kept in its entry. */
export interface AliasGates {
  /** Number of the event that set the gates. */
  readonly event: number;
  readonly results: readonly GateResult[];
  /** Why the alias was set though not every gate was passed. */
  readonly skipped?: string;
}

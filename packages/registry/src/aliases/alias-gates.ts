/** Result of one gate. */
export interface GateResult {
  /** The gate as text: `accuracy >= 0.95`. */
  readonly gate: string;
  readonly passed: boolean;
  /** Finding, for people. */
  readonly found: string;
}

/** Gate results of an alias when it was set; stored in its entry. */
export interface AliasGates {
  /** Number of the event that set the gates. */
  readonly event: number;
  readonly results: readonly GateResult[];
  /** Reason for setting the alias although a gate failed. */
  readonly skipped?: string;
}

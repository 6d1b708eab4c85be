/** One command of the check. */
export interface Step {
  /** Title that is printed. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Steps that don't depend on each other, the longest first: they run side by side. */
export type Stage = readonly Step[];

/** A failure that a step found. */
export interface Failure {
  /** Name of the failed step or task, such as `@fairlead/registry:test`. */
  readonly name: string;
  /** The end of its output. */
  readonly outputEnd: string;
  /** The file with all of its output. */
  readonly logFile: string;
}

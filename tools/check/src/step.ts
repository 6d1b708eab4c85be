/** One command of the check. */
export interface Step {
  /** For people: what is checked. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Steps that don't depend on each other, the longest first: they run side by side. */
export type Stage = readonly Step[];

/** Something that a step found wrong. */
export interface Failure {
  /** What failed, such as `@fairlead/registry:test`. */
  readonly name: string;
  /** The end of what it wrote. */
  readonly outputEnd: string;
  /** The file with everything that it wrote. */
  readonly logFile: string;
}

/** Something on a host that differs from what a release would put there. */
export interface Difference {
  /** Path of a file, name of a unit, or name of an account. */
  readonly subject: string;
  readonly found: string;
  readonly expected: string;
}

/** Result of one check of `fairlead doctor`. */
export interface Finding {
  /** Subject of the check, such as `Node.js`. */
  readonly check: string;
  /** `problem`: something that was set up doesn't work; `warning`: something optional is missing. */
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  /** Command that corrects it. */
  readonly fix?: string;
}

/** Returns the first line of an error's message. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}

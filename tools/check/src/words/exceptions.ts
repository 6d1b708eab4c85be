/** Uses of a listed word that are right. */
export interface Exception {
  readonly word: string;
  /** The files, as a glob. */
  readonly files: string;
  /** The line holds this text; without it, every line of the files is excepted. */
  readonly text?: string;
  readonly why: string;
}

export const exceptions: readonly Exception[] = [
  {
    word: 'given up',
    files: 'packages/monitoring/docs/metrics.md',
    text: 'webhook-given-up',
    why: 'the name of an event that version 0.1 published',
  },
];

/** A record that holds the digest of the record before it. */
export interface ChainedRecord {
  /** 1, 2, 3, … within its log. */
  readonly number: number;
  /** Digest of the record before; `null` in the first. */
  readonly previousSeal: string | null;
  readonly seal: string;
}

/**
 * Contradiction between a record and the one before it (`undefined` for the first record); `undefined` without one.
 *
 * `noun` names a record in messages; `continues` checks more than the digest.
 */
export function chainProblem<R extends ChainedRecord>(
  noun: string,
  before: R | undefined,
  record: R,
  continues: (before: R | undefined, record: R) => boolean = () => true,
): string | undefined {
  const number = (before?.number ?? 0) + 1;
  if (record.number !== number)
    return `${noun} ${number} is missing before ${noun} ${record.number}`;
  if (record.previousSeal === (before?.seal ?? null) && continues(before, record)) return undefined;
  return before === undefined
    ? `its first ${noun} continues one that is missing`
    : `${noun} ${number} does not continue ${noun} ${number - 1}, which was exchanged after it`;
}

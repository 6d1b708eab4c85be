/**
 * Resolves to the results of two deletions of which the second one runs also where the first one failed on a file, since it is as
 * urgent.
 *
 * @throws the error of the first one that failed; an invalid option, such as a misspelled folder, before the second one begins
 */
export async function both<First, Second>(
  first: Promise<First>,
  second: () => Promise<Second>,
): Promise<readonly [First, Second]> {
  const [begun] = await Promise.allSettled([first]);
  if (begun.status === 'rejected' && isInvalidOption(begun.reason)) throw begun.reason;
  const result = await second();
  if (begun.status === 'rejected') throw begun.reason;
  return [begun.value, result];
}

function isInvalidOption(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_CAPTURE_INVALID_OPTION';
}

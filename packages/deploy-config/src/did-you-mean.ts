import { closestName } from './options-problem.ts';

/** Returns a sentence that suggests the known name closest to a misspelled one, with a space in front; empty if none is close. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = closestName(name, known);
  return found === undefined ? '' : ` Did you mean \`${found}\`?`;
}

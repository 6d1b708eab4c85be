/** Names further away than this, in letters, are another word. */
const MAX_DISTANCE = 2;

/** Returns a sentence that suggests the known name closest to a misspelt one, with a space in front; empty if none is close. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = closestName(name, known);
  return found === undefined ? '' : ` Did you mean \`${found}\`?`;
}

/** Finds the known name within two letters of a misspelt one; upper and lower case are the same. */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  // A longer text is no misspelling, and comparing it would cost its length.
  if (name.length > 80) return undefined;
  let best: string | undefined;
  let bestDistance = MAX_DISTANCE + 1;
  for (const candidate of known) {
    const found = distance(name.toLowerCase(), candidate.toLowerCase());
    if (found >= bestDistance) continue;
    bestDistance = found;
    best = candidate;
  }
  return best;
}

/** Levenshtein distance: letters to insert, remove or replace. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

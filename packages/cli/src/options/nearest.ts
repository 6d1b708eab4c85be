/** Maximum number of typing errors of a suggestion. */
const MAX_DISTANCE = 2;

/** Finds the most similar of `names`; undefined when all differ by more than two typing errors. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const lower = text.toLowerCase();
  let best: string | undefined;
  let smallest = MAX_DISTANCE + 1;
  for (const name of names) {
    const found = distance(lower, name.toLowerCase());
    if (found >= smallest) continue;
    smallest = found;
    best = name;
  }
  return best;
}

/** Levenshtein's distance: letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const removed = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, inserted));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

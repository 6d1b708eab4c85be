function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(left).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(right).entries()) {
      const replace = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replace, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** A sentence that proposes the known name closest to a misspelt one; empty when none is close. */
export function didYouMean(name: string, known: Iterable<string>): string {
  let best: { name: string; score: number } | undefined;
  for (const candidate of known) {
    const score = distance(name.toLowerCase(), candidate.toLowerCase());
    if (score <= Math.max(2, name.length / 3) && (!best || score < best.score)) {
      best = { name: candidate, score };
    }
  }
  return best ? ` Did you mean "${best.name}"?` : '';
}

/** Formats a number with its noun: `1 user`, `2 users`. */
export function countNoun(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

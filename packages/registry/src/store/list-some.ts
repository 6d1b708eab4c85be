/** Joins the first ten of `names` for a message, after `intro`; `none` when there are no names. */
export function listSome(names: readonly string[], intro: string, none: string): string {
  if (names.length === 0) return none;
  const shown = names.slice(0, 10).join(', ');
  return `${intro} ${shown}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
}

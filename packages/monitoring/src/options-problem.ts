// The same file is in signature, security, monitoring, deploy-config, webhooks and jobs: each of them works alone, and none needs
// another one for this. A test of tools/check compares the copies.

/** Names of the options of a factory, each once: the compiler rejects a missing or an extra name. */
export type OptionNames<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? 'optional' : 'required';
};

/**
 * Describes what is wrong with the options of a factory: not an object, an unknown name, or a missing option; undefined if nothing is.
 *
 * TypeScript checks this at compile time; JavaScript, a cast or a spread object does not.
 */
export function optionsProblem<T extends object>(
  factory: string,
  options: unknown,
  names: OptionNames<T>,
): string | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return `${factory}: expected an object of options, got ${describeValue(options)}.`;
  }
  const known = Object.keys(names);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) {
    const meant = closestName(unknown, known);
    const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`;
    return `${factory}: unknown option ${describeValue(unknown)}.${hint} Known are ${known.join(', ')}.`;
  }
  const given = new Map<string, unknown>(Object.entries(options));
  const missing = Object.entries(names).find(
    ([name, need]) => need === 'required' && given.get(name) === undefined,
  );
  return missing && `${factory}: option ${missing[0]} is missing.`;
}

/** Describes a value in a message, in a few characters. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** Names further away than this, in letters, are another word. */
const MAX_DISTANCE = 2;
/** A longer text is no misspelling, and a comparison takes the product of both lengths. */
const MAX_LENGTH = 80;

/** Finds the known name within two letters of a misspelled one; upper and lower case are the same. */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
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
      const removed = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, inserted));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

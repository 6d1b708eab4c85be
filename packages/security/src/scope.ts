import { closestName } from './options-problem.ts';

/** `admin`, `infer:digits`, `infer:*`: an action, and where it has one, the resource that it acts on. */
const scopePattern = /^([a-z][a-z0-9-]{0,31})(?::(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,127}))?$/;

/**
 * The scopes that a model gateway checks: `infer:*` stands for every scope of that action, `admin` for itself.
 */
export const modelScopes: readonly string[] = ['infer:*', 'admin', 'metrics'];

/** Returns whether a text has the form of a scope. */
export function isScope(text: string): boolean {
  return scopePattern.test(text);
}

/**
 * Describes why no service checks a scope; undefined if it is one of `known`, or has a resource where `known` has `*`.
 *
 * Only the action is repeated, never the resource: the text may be a secret in the wrong place.
 */
export function scopeProblem(scope: string, known: readonly string[]): string | undefined {
  const [, action = '', resource] = scopePattern.exec(scope) ?? [];
  if (action === '') {
    return `expected a scope such as ${known.map((each) => JSON.stringify(each)).join(' or ')}`;
  }
  const wildcard = `${action}:*`;
  if (resource === undefined ? known.includes(scope) : known.includes(wildcard)) return undefined;
  const resourceText = resource === undefined ? '' : resource === '*' ? ':*' : ':…';
  const meant = suggest(action, resourceText, known);
  return (
    `unknown scope "${action}${resourceText}".${meant === undefined ? '' : ` Did you mean \`${meant}\`?`} ` +
    `Known are ${known.join(', ')}`
  );
}

function suggest(
  action: string,
  resourceText: string,
  known: readonly string[],
): string | undefined {
  const actions = known.map((scope) => scope.replace(/:\*$/, ''));
  const meant = closestName(action, actions);
  if (meant === undefined) return undefined;
  const takesResource = known.includes(`${meant}:*`);
  return takesResource ? `${meant}${resourceText === '' ? ':*' : resourceText}` : meant;
}

/** Returns whether one of the scopes covers the required one: itself, or for `infer:digits` also `infer:*`. */
export function allowsScope(scopes: ReadonlySet<string>, required: string): boolean {
  if (scopes.has(required)) return true;
  const colon = required.indexOf(':');
  return colon > 0 && scopes.has(`${required.slice(0, colon)}:*`);
}

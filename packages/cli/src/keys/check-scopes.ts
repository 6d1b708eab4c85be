import { CliError } from '../cli-error.ts';
import { nearest } from '../options/nearest.ts';

const PLAIN = ['admin', 'metrics'];
const PER_MODEL = 'infer';

/**
 * Checks that every scope exists: a key with an unknown scope would allow nothing.
 *
 * @throws CliError `ERR_CLI_USAGE` naming the scope, the existing scopes, and the most similar one.
 */
export function checkScopes(scopes: readonly string[]): void {
  for (const scope of scopes) {
    const problem = problemOf(scope);
    if (problem === undefined) continue;
    throw new CliError(
      'ERR_CLI_USAGE',
      `--scope ${JSON.stringify(scope.slice(0, 100))} ${problem}`,
    );
  }
}

function problemOf(scope: string): string | undefined {
  const [kind = '', ...rest] = scope.split(':');
  const target = rest.join(':');
  if (PLAIN.includes(scope) || (kind === PER_MODEL && target !== '')) return undefined;
  const meant = nearest(kind, [...PLAIN, PER_MODEL]);
  const isPerModel = meant === PER_MODEL;
  const suggestion = isPerModel ? `${PER_MODEL}:${target === '' ? '*' : target}` : meant;
  const hint = suggestion === undefined ? '' : `. Did you mean ${suggestion}?`;
  return `is no scope: there are infer:<model>, infer:*, admin and metrics${hint}`;
}

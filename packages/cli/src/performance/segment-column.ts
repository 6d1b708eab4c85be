import type { CapturedColumn } from '@fairlead/capture';
import { CliError } from '../cli-error.ts';

/** Columns of every captured request that may divide it into segments. */
const REQUEST_COLUMNS = ['variant', 'shadow_of', 'fallback_from', 'hour'];

/**
 * Returns the captured column of a segment: a feature, a column such as `input_age`, or one of the request, such as `variant`.
 *
 * @throws CliError `ERR_CLI_USAGE` for a name that isn't captured, such as that of a sensitive feature
 */
export function segmentColumn(
  captured: readonly CapturedColumn[],
  name: string | undefined,
): string | undefined {
  if (name === undefined) return undefined;
  const columns = captured.filter(({ depth }) => depth === 0).map((column) => column.name);
  const found = [`input_${name}`, name, `output_${name}`].find((each) =>
    [...columns, ...REQUEST_COLUMNS].includes(each),
  );
  if (found !== undefined) return found;
  const inputs = columns.filter((each) => each.startsWith('input_'));
  throw new CliError(
    'ERR_CLI_USAGE',
    `${JSON.stringify(name)} isn't captured: use one of ${[...inputs, ...REQUEST_COLUMNS].slice(0, 30).join(', ')}`,
  );
}

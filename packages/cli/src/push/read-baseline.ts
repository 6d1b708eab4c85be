import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { PushRequest } from '@fairlead/registry';
import type { Baseline, PredictRows } from '@fairlead/windows';
import { CliError } from '../cli-error.ts';
import { fileError, readText } from '../read-file.ts';
import { openParquetTable } from '../tables/parquet-table.ts';
import { completeOutputs, type CompletedBaseline } from './complete-outputs.ts';

/** Options of the command line for a baseline. */
export interface BaselineDetails {
  /** Training table as .csv or .parquet, or a stored baseline as .json. */
  readonly baseline?: string | undefined;
  /** Column of the labels. */
  readonly label?: string | undefined;
  /** Output with the scores of a classifier. */
  readonly scores?: string | undefined;
  /** File of the metadata, which may have a baseline. */
  readonly metadata?: string | undefined;
  /** True if this process may run the version. */
  readonly mayRun: boolean;
}

/**
 * Adds a baseline to a push: of the file that the command line names, else of `baseline.json` in the folder of the source.
 *
 * @throws CliError `ERR_CLI_FILE`, `ERR_CLI_USAGE`
 */
export async function addBaseline(
  request: PushRequest,
  source: string,
  details: BaselineDetails,
): Promise<PushRequest> {
  const { baseline: given, label, scores } = details;
  const beside = join(source, 'baseline.json');
  const isBeside = statSync(source).isDirectory() && existsSync(beside);
  const file = given ?? (isBeside && request.baseline === undefined ? beside : undefined);
  const isTable = ['.csv', '.parquet'].includes(extname(file ?? ''));
  if ((label ?? scores) !== undefined && !isTable) {
    throw new CliError(
      'ERR_CLI_USAGE',
      '--label and --scores name columns of a training table: add --baseline with a .csv or .parquet file',
    );
  }
  if (file === undefined) {
    await checkGivenBaseline(details.metadata ?? source, request);
    return request;
  }
  const { baselineDocument } = await import('@fairlead/windows');
  const { baseline, notes } = await readBaseline(file, request, details);
  await requireNoSensitive(file, baseline, request);
  return {
    ...{ ...request, baseline: baselineDocument(baseline) },
    ...(notes.length > 0 && { notes: [...(request.notes ?? []), ...notes] }),
  };
}

async function readBaseline(
  file: string,
  request: PushRequest,
  { label, scores, mayRun }: BaselineDetails,
): Promise<CompletedBaseline> {
  const { signature } = request;
  const { parseBaseline, readBaselineCsv, readBaselineRows } = await import('@fairlead/windows');
  switch (extname(file)) {
    case '.json': {
      const text = await readText(file, 'the baseline');
      return attempt(file, () => ({ baseline: parseBaseline(text), notes: [] }));
    }
    case '.csv':
    case '.parquet': {
      if (signature === undefined) {
        throw new CliError(
          'ERR_CLI_USAGE',
          `a training table needs the signature of the version: add --metadata with a "signature"`,
        );
      }
      const read = async (predict?: PredictRows): Promise<Baseline> => {
        const options = { signature, label, scores, predict };
        if (extname(file) === '.csv') return readBaselineCsv(createReadStream(file), options);
        const table = await openParquetTable(file);
        return readBaselineRows(table.columns, table.read(), options);
      };
      return attempt(file, () => completeOutputs(file, request, mayRun, read));
    }
    default:
      throw new CliError(
        'ERR_CLI_FILE',
        `cannot use ${file} as the baseline: expected a training table as .csv or .parquet, or a baseline as .json`,
      );
  }
}

/** Checks the baseline of the metadata; one of another format is stored as it is. */
async function checkGivenBaseline(file: string, request: PushRequest): Promise<void> {
  if (request.baseline === undefined) return;
  const { decodeBaseline, WindowsError } = await import('@fairlead/windows');
  let baseline;
  try {
    baseline = decodeBaseline(request.baseline);
  } catch (error) {
    if (error instanceof WindowsError) return;
    throw error;
  }
  await requireNoSensitive(file, baseline, request);
}

/** A table is read without sensitive features; a stored baseline was written by a training script, which may not know of them. */
async function requireNoSensitive(
  file: string,
  baseline: Baseline,
  { signature }: PushRequest,
): Promise<void> {
  if (signature === undefined) return;
  const { withoutSensitive } = await import('@fairlead/windows');
  const rest = withoutSensitive(baseline, signature);
  if (rest === baseline) return;
  const remaining = new Set([...rest.features, ...rest.outputs]);
  const names = [...baseline.features, ...baseline.outputs]
    .filter((each) => !remaining.has(each))
    .map(({ name }) => JSON.stringify(name));
  const { calibration } = baseline;
  const found =
    calibration?.classes.length === rest.calibration?.classes.length
      ? names
      : [...names, `the calibration of ${JSON.stringify(calibration?.tensor)}`];
  const why = `it has ${found.slice(0, 10).join(', ')}${found.length > 10 ? ` and ${found.length - 10} more` : ''}, which the signature marks as sensitive: create it without them, or give the training table`;
  throw fileError(file, 'the baseline', new Error(why));
}

async function attempt<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw fileError(file, 'the baseline', error);
  }
}

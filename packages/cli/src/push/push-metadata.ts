import type { PushRequest } from '@fairlead/registry';
import { checkExamples } from './check-examples.ts';
import { readJson, readText } from '../read-file.ts';

/** Metadata of a model, as training writes it beside the model file. */
export type PushMetadata = Pick<
  PushRequest,
  'signature' | 'metrics' | 'goldenExamples' | 'baseline' | 'batching' | 'lineage' | 'modelCard'
>;

const FIELDS = [
  'signature',
  'metrics',
  'goldenExamples',
  'baseline',
  'batching',
  'lineage',
  'modelCard',
] as const;

/**
 * Reads a metadata file; unknown fields are ignored, and the registry checks the others at the push.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export function readMetadata(path: string): Promise<PushMetadata> {
  return readJson(path, 'metadata', (value) => {
    const record = asRecord(value);
    const known = FIELDS.filter((field) => record[field] !== undefined && record[field] !== null);
    if (known.length === 0) throw new Error(`it has none of ${FIELDS.join(', ')}`);
    const { goldenExamples: examples } = record;
    if (Array.isArray(examples)) checkExamples(examples);
    return Object.fromEntries(known.map((field) => [field, record[field]]));
  });
}

/**
 * Reads golden examples: a list of them, or `{"goldenExamples": […]}`.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export function readGoldenExamples(
  path: string,
): Promise<NonNullable<PushRequest['goldenExamples']>> {
  return readJson(path, 'golden examples', (value) => {
    const list = Array.isArray(value) ? value : asRecord(value).goldenExamples;
    if (!Array.isArray(list)) throw new Error('expected a list of {"inputs": […], "outputs": […]}');
    checkExamples(list);
    return list as NonNullable<PushRequest['goldenExamples']>;
  });
}

/** Reads a model card. @throws CliError `ERR_CLI_FILE` */
export function readModelCard(path: string): Promise<string> {
  return readText(path, 'the model card');
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new Error('expected an object');
}

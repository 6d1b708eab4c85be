import type { PushRequest } from '@fairlead/registry';
import { checkExamples } from './check-examples.ts';
import { nearest } from '../options/nearest.ts';
import { readJson, readText } from '../read-file.ts';

/**
 * Metadata of a model, as training writes it beside the model file; `notes` list the fields that a version doesn't have.
 */
export type PushMetadata = Pick<
  PushRequest,
  | 'signature'
  | 'metrics'
  | 'goldenExamples'
  | 'baseline'
  | 'batching'
  | 'lineage'
  | 'modelCard'
  | 'notes'
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

const LINEAGE: readonly (keyof NonNullable<PushRequest['lineage']>)[] = [
  'gitCommit',
  'dataset',
  'command',
  'parameters',
  'parentVersion',
  'trigger',
  'frameworks',
  'changes',
  'requirements',
  'origin',
];

const MAX_SHOWN = 10;

/**
 * Reads a metadata file. Training writes further fields for itself: they pass with a note, and the registry checks the known ones
 * at the push.
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
    const notes = [
      ...unknownFields('fields', record, FIELDS, 'which are not stored'),
      ...(isRecord(record.lineage)
        ? unknownFields('lineage fields', record.lineage, LINEAGE, 'which are stored as they are')
        : []),
    ].map((note) => `${path} has ${note}`);
    return {
      ...Object.fromEntries(known.map((field) => [field, record[field]])),
      ...(notes.length > 0 && { notes }),
    };
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

/** Describes the fields that are not `known`, with the names that were probably meant. */
function unknownFields(
  noun: string,
  record: Readonly<Record<string, unknown>>,
  known: readonly string[],
  consequence: string,
): readonly string[] {
  const unknown = Object.keys(record).filter((field) => !known.includes(field));
  if (unknown.length === 0) return [];
  const shown = unknown.slice(0, MAX_SHOWN).map((field) => {
    const meant = nearest(field, known);
    return `${JSON.stringify(field.slice(0, 80))}${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
  });
  const more = unknown.length > MAX_SHOWN ? ` and ${unknown.length - MAX_SHOWN} more` : '';
  return [`the ${noun} ${shown.join(', ')}${more}, ${consequence}`];
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new Error('expected an object');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

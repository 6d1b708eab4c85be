import type { Manifest } from '@fairlead/registry';
import type { Signature, TensorSpec } from '@fairlead/signature';
import { jsonText } from '../output/json-text.ts';
import type { Output } from '../output/output.ts';
import { oneLine, severalLines } from '../output/plain-text.ts';
import { formatBytes, formatNumber, formatTime } from '../output/format-values.ts';
import { fields, table } from '../output/table.ts';
import type { VersionDetails } from './read-version.ts';
import { formatTags } from './format-model.ts';

/** Formats a version. */
export function formatVersion(
  output: Output,
  { manifest, aliases, state, signatures }: VersionDetails,
  { card, baseline }: { readonly card: boolean; readonly baseline: readonly string[] },
): readonly string[] {
  const { model, version, created, actor, runtime, files, signature, goldenExamples } = manifest;
  const options = Object.keys(runtime.options).length === 0 ? '' : ` ${inline(runtime.options)}`;
  const { archived, approvals, measurements, tags, drift } = state;
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', output.paint('strong', title), ...lines];
  return [
    ...fields([
      ['model', model],
      ['version', String(version)],
      ['aliases', aliases.length === 0 ? undefined : aliases.join(', ')],
      ['pushed', `${formatTime(created)} by ${oneLine(actor)}`],
      ['runtime', runtime.name + options],
      ['golden examples', String(goldenExamples.length)],
      ['validation', formatTrial(manifest)],
      ['batching', formatBatching(manifest)],
      ['tags', formatTags(tags)],
      ['archived', archived && `${formatTime(archived.at)} by ${oneLine(archived.actor)}`],
      ...approvals.map(
        (each) => ['approved', `${formatTime(each.at)} by ${oneLine(each.actor)}`] as const,
      ),
      ...signatures.map(
        (each) =>
          [
            'signed',
            `${formatTime(each.at)} by ${oneLine(each.actor)}, key ${each.keyId}`,
          ] as const,
      ),
    ]),
    ...part('Signature', formatSignature(signature)),
    ...part(
      'Files',
      table(
        ['path', { title: 'size', align: 'right' }, 'sha256'],
        files.map(({ path, size, sha256 }) => [oneLine(path), formatBytes(size), sha256]),
      ),
    ),
    ...part('Metrics', formatNumbers(manifest.metrics)),
    ...part(
      'Measured',
      fields(
        Object.values(measurements).map(
          ({ name, value, actor: who, at }) =>
            [
              oneLine(name),
              `${formatNumber(value)}, by ${oneLine(who)} at ${formatTime(at)}`,
            ] as const,
        ),
      ),
    ),
    ...part(
      'Drift',
      fields(
        drift.map(
          ({ name, at, explanation = '' }) =>
            [oneLine(name), `since ${formatTime(at)}. ${oneLine(explanation)}`.trimEnd()] as const,
        ),
      ),
    ),
    ...part('Baseline', baseline),
    ...part('Lineage', formatLineage(manifest.lineage)),
    ...(card ? part('Model card', [severalLines(manifest.modelCard ?? 'none').trimEnd()]) : []),
  ];
}

function formatTrial({ trial }: Manifest): string {
  if (trial === undefined) return 'not recorded';
  return trial.ran ? 'passed' : `not run: ${oneLine(trial.reason ?? '')}`;
}

/** Formats the batching decision of a validation, with its reason. */
export function formatBatching({ trial, batching = 'auto' }: Manifest): string {
  if (trial === undefined) return `${batching}: decided at load time`;
  const { on, reason } = trial.batching;
  const decided = on ? 'on' : 'off';
  return `${batching === decided ? decided : `${batching}, ${decided}`}: ${oneLine(reason)}`;
}

/** Formats numbers by their names. */
export function formatNumbers(numbers: Readonly<Record<string, number>>): readonly string[] {
  return fields(
    Object.entries(numbers).map(([name, value]) => [oneLine(name), formatNumber(value)]),
  );
}

/** Formats the inputs and outputs of a signature. */
function formatSignature({ inputs, outputs }: Signature): readonly string[] {
  const row = (direction: string) => (spec: TensorSpec) => [direction, ...tensorCells(spec)];
  return table(
    ['', 'name', 'datatype', 'shape', 'description'],
    [...inputs.map(row('input')), ...outputs.map(row('output'))],
  );
}

/** Formats the lineage of a version. */
function formatLineage(lineage: Manifest['lineage']): readonly string[] {
  const { gitCommit, dataset, command, parentVersion, parameters, frameworks, changes } = lineage;
  const { trigger, origin } = lineage;
  return fields([
    ['git commit', gitCommit && oneLine(gitCommit)],
    [
      'dataset',
      dataset && oneLine(dataset.name + (dataset.sha256 ? ` (sha256 ${dataset.sha256})` : '')),
    ],
    ['command', command && oneLine(command)],
    ['parent version', parentVersion === undefined ? undefined : String(parentVersion)],
    ['trigger', trigger && oneLine(trigger)],
    ['origin', origin && oneLine([origin.tool, origin.runId].filter(Boolean).join(' '))],
    ['parameters', parameters && inline(parameters)],
    ['frameworks', frameworks && inline(frameworks)],
    ['changes', changes && oneLine(changes.join('; '))],
  ]);
}

function tensorCells({ name, datatype, shape, description = '' }: TensorSpec): readonly string[] {
  return [oneLine(name), datatype, `[${shape.join(', ')}]`, oneLine(description)];
}

function inline(value: unknown): string {
  return oneLine(jsonText(value));
}

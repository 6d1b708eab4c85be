import type { DriftVerdict, VerdictColumn } from '@fairlead/drift';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';

const MAX_NAMES = 10;

/** Formats a verdict as a line: `2026-11-28 16:00 churn version 3: drift of age (began: age)`. */
export function formatVerdict(output: Output, verdict: DriftVerdict): string {
  const { model, version, from, status, drifted, began, ended } = verdict;
  const time = new Date(from).toISOString().slice(0, 16).replace('T', ' ');
  const changes = [
    ...(began.length > 0 ? [`began: ${names(began)}`] : []),
    ...(ended.length > 0 ? [`ended: ${names(ended)}`] : []),
  ];
  const tone = status === 'drift' ? 'bad' : status === 'ok' ? 'good' : 'faint';
  const state = output.paint(tone, status) + (drifted.length > 0 ? ` of ${names(drifted)}` : '');
  const change = changes.length > 0 ? ` (${changes.join('; ')})` : '';
  return `${time} UTC  ${oneLine(model)} version ${version}: ${state}${change}`;
}

function names(columns: readonly VerdictColumn[]): string {
  const shown = columns.slice(0, MAX_NAMES).map(({ name }) => oneLine(name));
  const more = columns.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

import type { Label } from '@fairlead/capture';
import { closestName, describeValue } from '@fairlead/signature';
import { BodyProblem } from '../json-body/read-json-body.ts';
import { timeOf } from '../json-body/time-of.ts';

/** Labels of one request. */
export const MAX_LABELS = 10_000;

const MEMBERS = ['request_id', 'row', 'label', 'observed_at'] as const;

/**
 * Reads the labels of a body `{"labels":[{"request_id":"…","row":0,"label":"stays","observed_at":"2026-11-28T16:00:00Z"}]}`; their
 * values are checked when they are stored.
 *
 * @throws BodyProblem with 400 naming the position
 */
export function parseLabels(body: unknown): readonly Label[] {
  const { labels, ...others } = Object(body) as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (labels === undefined || other !== undefined) {
    throw invalid('the body', 'an object with a list "labels" and nothing else', body);
  }
  if (!Array.isArray(labels)) throw invalid('labels', 'a list', labels);
  if (labels.length > MAX_LABELS) {
    throw new BodyProblem(
      413,
      `the body has ${labels.length} labels, and may have ${MAX_LABELS}: send them in several requests`,
    );
  }
  return labels.map(parseLabel);
}

function parseLabel(value: unknown, index: number): Label {
  const place = `labels[${index}]`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(place, 'an object', value);
  }
  const known: readonly string[] = MEMBERS;
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const meant = closestName(unknown, known);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    throw new BodyProblem(
      400,
      `${place}: unknown member ${describeValue(unknown)}${hint} Known are ${known.join(', ')}`,
    );
  }
  const { request_id: requestId, row, label, observed_at: observedAt } = value as WireLabel;
  return {
    requestId,
    label,
    ...(row !== undefined && { row }),
    ...(observedAt !== undefined && { observedAt: timeOf(observedAt, `${place}.observed_at`) }),
  };
}

/** Members of a label as a client sends them, not yet checked. */
interface WireLabel {
  readonly request_id: string;
  readonly row?: number;
  readonly label: Label['label'];
  readonly observed_at?: unknown;
}

function invalid(place: string, expected: string, value: unknown): BodyProblem {
  return new BodyProblem(400, `${place}: expected ${expected}, found ${describeValue(value)}`);
}

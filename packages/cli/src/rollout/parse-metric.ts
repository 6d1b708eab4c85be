import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { OutcomeMetric, OutcomePlanInput } from '@fairlead/rollout';

/** Outcome as it is given on the command line; values are checked with the whole plan. */
export type GivenMetric = OutcomePlanInput['metrics'][number];

const FIELDS = 'type, better, smallest, role and min-users';

/**
 * Reads a metric such as `conversion` or `wait,type=mean,better=lower,smallest=2`, where `smallest` is in percent, and adds it to those before.
 */
export function collectMetric(text: string, before?: readonly GivenMetric[]): GivenMetric[] {
  const [name = '', ...fields] = text.split(',').map((part) => part.trim());
  let metric: GivenMetric = { name };
  for (const field of fields) {
    const [, key = '', value = ''] = /^([a-z-]+)=(.+)$/.exec(field) ?? [];
    metric = { ...metric, ...readField(key, value, field) };
  }
  return [...(before ?? []), metric];
}

function readField(key: string, value: string, field: string): Partial<GivenMetric> {
  switch (key) {
    case 'type':
      return { type: value as OutcomeMetric['type'] };
    case 'better':
      return { better: value as OutcomeMetric['better'] };
    case 'role':
      return { role: value as OutcomeMetric['role'] };
    case 'smallest':
      return { smallest: readNumber(value, field) / 100 };
    case 'min-users':
      return { minUsers: readNumber(value, field) };
    default:
      throw new InvalidArgumentError(
        `"${field}" is no field of a metric: after its name it may have ${FIELDS}, such as conversion,smallest=2.`,
      );
  }
}

function readNumber(value: string, field: string): number {
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`Expected a number in "${field}".`);
}

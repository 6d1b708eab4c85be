import { isDeepStrictEqual } from 'node:util';

import { valueChange } from './value-change.ts';

/** Change of a resource, a parameter or an output of a stack. */
export interface StackChange {
  readonly action: 'add' | 'modify' | 'remove';
  /** Logical ID in the template, such as `HostsASG`. */
  readonly subject: string;
  /** Type of the resource, such as `AWS::EC2::LaunchTemplate`; `Parameter`, `Output`, `Mapping` or `Condition` for other members. */
  readonly type: string;
  /** Properties that change, such as `Properties.InstanceType`, with their values if these are numbers, booleans or networks. */
  readonly details: readonly string[];
  /** Replacement of the resource by a new one; `unknown` without a change set. */
  readonly replacement: 'yes' | 'no' | 'maybe' | 'unknown';
}

/** Sections of a template beside its resources. */
const SECTIONS = {
  Parameters: 'Parameter',
  Conditions: 'Condition',
  Mappings: 'Mapping',
  Outputs: 'Output',
} as const;

/** Longest path of a property: deeper differences are those of the object. */
const MAX_DEPTH = 4;

/**
 * Compares two templates of CloudFormation in JSON; changes nothing, and needs no account.
 *
 * The metadata of the CDK (`aws:cdk:path`, `AWS::CDK::Metadata`, rules for the version of its bootstrap stack) isn't compared.
 *
 * @example
 * ```ts
 * import { templateChanges } from '@fairlead/deploy/stack';
 *
 * const bucket = (days: number) => ({
 *   Resources: { Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: days } } },
 * });
 * const [change] = templateChanges(bucket(7), bucket(30));
 * console.log(change?.action, change?.subject, change?.details[0]); // modify Logs Properties.RetentionInDays: 7 → 30
 * ```
 */
export function templateChanges(before: unknown, after: unknown): readonly StackChange[] {
  const resources = changesOf(
    sectionOf(before, 'Resources'),
    sectionOf(after, 'Resources'),
    (value) => textAt(value, 'Type') ?? 'resource',
  ).filter(({ type }) => type !== 'AWS::CDK::Metadata');
  const others = Object.entries(SECTIONS).flatMap(([section, type]) =>
    changesOf(sectionOf(before, section), sectionOf(after, section), () => type),
  );
  return [...resources, ...others];
}

type Members = ReadonlyMap<string, unknown>;

function changesOf(
  before: Members,
  after: Members,
  typeOf: (value: unknown) => string,
): readonly StackChange[] {
  const changes: StackChange[] = [];
  for (const [subject, value] of after) {
    const old = before.get(subject);
    const type = typeOf(value);
    if (old === undefined) {
      changes.push({ action: 'add', subject, type, details: [], replacement: 'no' });
      continue;
    }
    const details = differences('', withoutMetadata(old), withoutMetadata(value), 0);
    if (details.length === 0) continue;
    // Another type is another resource.
    const replacement = typeOf(old) === type ? 'unknown' : 'yes';
    changes.push({ action: 'modify', subject, type, details, replacement });
  }
  for (const [subject, value] of before) {
    if (after.has(subject)) continue;
    changes.push({
      action: 'remove',
      subject,
      type: typeOf(value),
      details: [],
      replacement: 'no',
    });
  }
  return changes;
}

/** Returns the paths whose values differ. */
function differences(path: string, before: unknown, after: unknown, depth: number): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after) || depth === MAX_DEPTH) {
    return [valueChange(path, textOf(before), textOf(after))];
  }
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    differences(path === '' ? name : `${path}.${name}`, before[name], after[name], depth + 1),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}

function sectionOf(template: unknown, section: string): Members {
  const found = isObject(template) ? template[section] : undefined;
  return new Map(isObject(found) ? Object.entries(found) : []);
}

function withoutMetadata(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { Metadata: _, ...rest } = value;
  return rest;
}

function textAt(value: unknown, name: string): string | undefined {
  const found = isObject(value) ? value[name] : undefined;
  return typeof found === 'string' ? found : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

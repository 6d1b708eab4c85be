import type { z } from 'zod';

import { didYouMean } from '../did-you-mean.ts';
import { knownSettings, valueAt } from '../known-settings.ts';
import { describeValue } from '../options-problem.ts';
import { flattenIssue } from '../schema-problems.ts';
import { environmentExpectation } from './environment-expectations.ts';
import type { EnvironmentInput } from './environment-input.ts';
import {
  mergeSettings,
  type EnvironmentOverrides,
  type EnvironmentWith,
} from './environment-overrides.ts';
import { environmentRules } from './environment-rules.ts';
import type { Environment } from './environment.ts';
import { EnvironmentsError, type EnvironmentProblem } from './environments-error.ts';
import { environmentsSchema } from './environments-schema.ts';
import { promotionRules } from './promotion-rules.ts';

/**
 * Checks the environments of a configuration file: hosts, the way to them, balancer and content of releases. Export the
 * result as `environments` beside `deployment`.
 *
 * With a base, each environment has the settings of the base and its own: objects such as `release` and `ssm` are merged member by
 * member, lists and other values are replaced, and `undefined` removes a setting.
 *
 * @throws EnvironmentsError with all problems, each naming the setting, its value and the fix.
 *
 * @example
 * ```ts
 * import { defineEnvironments } from '@fairlead/deploy-config';
 *
 * const base = { release: { entry: 'service.ts', platform: 'linux-arm64' } } as const;
 * export const environments = defineEnvironments(base, {
 *   staging: { hosts: ['ssh://admin@10.0.1.1'] },
 *   production: {
 *     hosts: ['ssh://admin@10.0.0.1', 'ssh://admin@10.0.0.2'],
 *     promoteFrom: 'staging',
 *     protected: true,
 *   },
 * });
 * console.log(environments.production.hosts); // [ { url: 'ssh://admin@10.0.0.1' }, { url: 'ssh://admin@10.0.0.2' } ]
 * console.log(environments.staging.release.platform); // linux-arm64
 * ```
 */
export function defineEnvironments<Name extends string>(
  environments: Readonly<Record<Name, EnvironmentInput>>,
): Readonly<Record<Name, Environment>>;
export function defineEnvironments<const Base extends EnvironmentOverrides, Name extends string>(
  base: Base,
  environments: Readonly<Record<Name, EnvironmentWith<Base>>>,
): Readonly<Record<Name, Environment>>;
export function defineEnvironments(
  first: object,
  second?: Readonly<Record<string, EnvironmentOverrides>>,
): Readonly<Record<string, Environment>> {
  if (second === undefined) return parse(first, (issue) => problemOf(issue, first));
  return parse(mergeAll(first, second), (issue) =>
    problemOf(ofBase(issue, first, second), { ...second, [BASE]: first }),
  );
}

/** Name of the base in messages; no environment can have it. */
const BASE = 'the base';

function mergeAll(base: object, environments: unknown): unknown {
  if (typeof environments !== 'object' || environments === null) return environments;
  return Object.fromEntries(
    Object.entries(environments).map(([name, overrides]) => [name, mergeSettings(base, overrides)]),
  );
}

/** Returns the issue as one of the base if the value is from there. */
function ofBase(issue: z.core.$ZodIssue, base: object, environments: unknown): z.core.$ZodIssue {
  const [name, ...path] = issue.path;
  if (name === undefined) return issue;
  const isGiven = (input: unknown, at: readonly PropertyKey[]): boolean => {
    const value = valueAt(input, at);
    if (issue.code !== 'unrecognized_keys') return value !== undefined;
    return issue.keys.some((key) => valueAt(value, [key]) !== undefined);
  };
  if (path.length === 0 && issue.code !== 'unrecognized_keys') return issue;
  if (isGiven(environments, issue.path) || !isGiven(base, path)) return issue;
  return { ...issue, path: [BASE, ...path] };
}

function parse(
  input: unknown,
  describe: (issue: z.core.$ZodIssue) => EnvironmentProblem,
): Readonly<Record<string, Environment>> {
  const parsed = environmentsSchema.safeParse(input);
  if (!parsed.success) {
    const all = parsed.error.issues.flatMap(flattenIssue).map(describe);
    // A problem of the base is one of every environment.
    throw new EnvironmentsError([
      ...new Map(all.map((problem) => [problem.message, problem])).values(),
    ]);
  }
  const problems = Object.entries(parsed.data).flatMap(([name, environment]) =>
    environmentRules(name, environment),
  );
  problems.push(...promotionRules(new Map(Object.entries(parsed.data))));
  if (problems.length > 0) throw new EnvironmentsError(problems);
  return parsed.data as unknown as Readonly<Record<string, Environment>>;
}

function problemOf(issue: z.core.$ZodIssue, input: unknown): EnvironmentProblem {
  const setting = issue.path.map(String).join('.');
  const [name, ...path] = issue.path;
  if (issue.code === 'unrecognized_keys') {
    const known = knownSettings(environmentsSchema, issue.path, input);
    const settings = issue.keys.map((key) => `${setting}.${key}`);
    const hints = issue.keys.map((key) => didYouMean(key, known)).join('');
    const message = `${settings.join(', ')}: unknown.${hints} Known are ${known.join(', ')}.`;
    return { settings, message };
  }
  if (name === undefined) {
    const found = isEmpty(input) ? 'empty' : describeValue(input);
    const message = `The environments are ${found}. Give an object such as { production: { hosts, release } }.`;
    return { settings: [], message };
  }
  if (issue.code === 'invalid_key' && path.length === 0) {
    const message = `${describeValue(String(name))} is no name of an environment. Give lower case letters, digits and "-", such as "production".`;
    return { settings: [setting], message };
  }
  if (issue.code === 'invalid_key') {
    const message = `${String(name)}.files has the path ${describeValue(String(path.at(-1)))}. Give an absolute path on the host, without ".", ".." and "//".`;
    return { settings: [`${String(name)}.files`], message };
  }
  const expected = environmentExpectation(path) ?? issue.message;
  const value = valueAt(input, issue.path);
  const found = value === undefined ? 'is not set' : `is ${describeValue(value)}`;
  return { settings: [setting], message: `${setting} ${found}. Give ${expected}.` };
}

function isEmpty(input: unknown): boolean {
  return typeof input === 'object' && input !== null && Object.keys(input).length === 0;
}

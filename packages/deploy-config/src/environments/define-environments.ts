import type { z } from 'zod';

import { didYouMean } from '../did-you-mean.ts';
import { knownSettings, valueAt } from '../known-settings.ts';
import { describeValue } from '../options-problem.ts';
import { flattenIssue } from '../schema-problems.ts';
import { environmentExpectation } from './environment-expectations.ts';
import type { EnvironmentInput } from './environment-input.ts';
import { environmentRules } from './environment-rules.ts';
import type { Environment } from './environment.ts';
import { EnvironmentsError, type EnvironmentProblem } from './environments-error.ts';
import { environmentsSchema } from './environments-schema.ts';

/**
 * Checks the environments of a configuration file: hosts, the way to them, balancer and content of releases. Export the
 * result as `environments` beside `deployment`.
 *
 * @throws EnvironmentsError with all problems, each naming the setting, its value and the fix.
 *
 * @example
 * ```ts
 * import { defineEnvironments } from '@fairlead/deploy-config';
 *
 * export const environments = defineEnvironments({
 *   production: {
 *     hosts: ['ssh://admin@10.0.0.1', 'ssh://admin@10.0.0.2'],
 *     release: { entry: 'service.ts', platform: 'linux-arm64' },
 *   },
 * });
 * console.log(environments.production.hosts[0].url); // ssh://admin@10.0.0.1
 * ```
 */
export function defineEnvironments<Name extends string>(
  input: Readonly<Record<Name, EnvironmentInput>>,
): Readonly<Record<Name, Environment>> {
  const parsed = environmentsSchema.safeParse(input);
  if (!parsed.success) {
    throw new EnvironmentsError(
      parsed.error.issues.flatMap(flattenIssue).map((issue) => problemOf(issue, input)),
    );
  }
  const problems = Object.entries(parsed.data).flatMap(([name, environment]) =>
    environmentRules(name, environment),
  );
  if (problems.length > 0) throw new EnvironmentsError(problems);
  return parsed.data as unknown as Readonly<Record<Name, Environment>>;
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

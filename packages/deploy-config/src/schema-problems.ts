import type { z } from 'zod';

import type { DeploymentProblem } from './deployment-error.ts';
import { deploymentSchema } from './deployment-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import { expectationOf } from './expectations.ts';
import { knownSettings, valueAt } from './known-settings.ts';
import { describeValue } from './options-problem.ts';

/** Returns the issues inside of the alternative that the value was meant to be: an object with wrong settings, not another type. */
export function flattenIssue(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inner = issue.errors.find((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (inner === undefined || inner.length === 0) return [issue];
  return inner.flatMap((found) => flattenIssue({ ...found, path: [...issue.path, ...found.path] }));
}

function messageOf(issue: z.core.$ZodIssue, settings: readonly string[], input: unknown): string {
  const name = settings.join(', ') || 'The deployment';
  if (issue.code === 'unrecognized_keys') {
    const known = knownSettings(deploymentSchema, issue.path, input);
    const hints = issue.keys.map((key) => didYouMean(key, known)).join('');
    return `${name}: unknown.${hints} Known are ${known.join(', ')}.`;
  }
  const expectation = expectationOf(issue.path.map(String).join('.'));
  // Our own messages name the value; those of the schema name types only.
  if (issue.code === 'custom' || expectation === undefined) return `${name}: ${issue.message}`;
  const value = valueAt(input, issue.path);
  if (value === undefined) return `${name} is not set. Give ${expectation}.`;
  return `${name} is ${describeValue(value)}. Give ${expectation}.`;
}

/** Describes what the schema found in the input, with the expected value of each setting. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
): DeploymentProblem[] {
  return issues.flatMap(flattenIssue).map((issue) => {
    const setting = issue.path.map(String).join('.');
    const settings =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => (setting === '' ? key : `${setting}.${key}`))
        : [setting];
    return {
      code: 'ERR_DEPLOYMENT_INVALID_OPTION',
      settings,
      message: messageOf(issue, settings, input),
    };
  });
}

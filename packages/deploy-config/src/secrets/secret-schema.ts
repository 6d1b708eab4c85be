import * as z from 'zod';

import type { AbsolutePath } from '../values/absolute-path.ts';
import type { SecretSource } from './secret.ts';

/** Regular expression with a description for the message of a text that it doesn't match. */
type Matching = (pattern: RegExp, expected: string) => z.ZodType<string, string>;

const SOURCES = ['file', 'ssmParameter', 'secretsManager'] as const;

/** Returns the region of an ARN, such as `arn:aws:ssm:eu-west-1:111122223333:parameter/shop/pepper`. */
function regionOfArn(text: string): string | undefined {
  return /^arn:[\w-]+:\w+:([a-z0-9-]+):/.exec(text)?.[1];
}

/** Returns the schema of `secrets`. */
export function secretsSchema(path: z.ZodType<AbsolutePath, string>, matching: Matching) {
  const source = z
    .strictObject({
      file: path.optional(),
      // Source: GetParameter of Systems Manager, GetSecretValue of Secrets Manager.
      ssmParameter: matching(
        /^(?=.{1,2048}$)(?:arn:[\w-]+:ssm:[a-z0-9-]+:\d{12}:parameter)?\/?[\w.-]+(?:\/[\w.-]+)*(?::[\w.-]+)?$/,
        'the name or ARN of a parameter, such as "/shop/pepper"',
      ).optional(),
      secretsManager: matching(
        /^(?=.{1,2048}$)[\w/+=.@:-]+$/,
        'the name or ARN of a secret, such as "shop/production"',
      ).optional(),
      key: matching(/^[^\p{Cc}\p{Surrogate}]{1,256}$/u, 'the name of a member').optional(),
      region: matching(/^[a-z]{2}[a-z0-9-]{3,30}$/, 'a region such as "eu-west-1"').optional(),
    })
    .transform((given, context): SecretSource => {
      const names = SOURCES.filter((name) => given[name] !== undefined);
      const problem = sourceProblem(given, names);
      if (problem !== undefined) {
        context.addIssue(problem);
        return z.NEVER;
      }
      const { file, ssmParameter, secretsManager, key } = given;
      if (file !== undefined) return { file };
      const region = given.region ?? regionOfArn(ssmParameter ?? secretsManager ?? '');
      const place = region === undefined ? {} : { region };
      if (ssmParameter !== undefined) return { ssmParameter, ...place };
      return {
        secretsManager: secretsManager ?? '',
        ...(key !== undefined && { key }),
        ...place,
      };
    });
  return z.array(
    z.strictObject({
      name: matching(
        /^[a-z][a-z0-9-]{0,62}$/,
        'a name such as "pepper": lower case letters, digits and "-"',
      ),
      from: source,
      path,
      variable: matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable').optional(),
      mode: matching(
        /^0?[0-7]{2}0$/,
        'permission bits such as "0640": three octal digits, the last one 0, because a secret is readable by its owner and group only',
      ).optional(),
      owner: matching(
        /^[a-z_][a-z0-9_-]{0,30}:[a-z_][a-z0-9_-]{0,30}$/,
        'an account and a group such as "root:root"',
      ).optional(),
    }),
  );
}

function sourceProblem(
  given: { readonly key?: string | undefined; readonly region?: string | undefined },
  names: readonly string[],
): string | undefined {
  if (names.length !== 1) {
    const found = names.length === 0 ? 'none' : names.join(' and ');
    return `needs one of file, ssmParameter and secretsManager, but has ${found}`;
  }
  const [name] = names;
  if (given.key !== undefined && name !== 'secretsManager') {
    return `has key, which only a JSON object in secretsManager has; remove it, or give secretsManager in place of ${name ?? ''}`;
  }
  return given.region !== undefined && name === 'file'
    ? 'has region, but a file of the host has none; remove it'
    : undefined;
}

import * as z from 'zod';

import { isAbsolutePath, type AbsolutePath } from '../values/absolute-path.ts';

/** Regular expression with a description for the message of a text that it doesn't match. */
type Matching = (pattern: RegExp, expected: string) => z.ZodType<string, string>;

/** Returns the schema of `backup`. */
export function backupSchema(path: z.ZodType<AbsolutePath, string>, matching: Matching) {
  return z.strictObject({
    to: z
      .string()
      .refine(
        (text) =>
          isAbsolutePath(text) ||
          /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w.-]+)*$/.test(text),
        {
          error: ({ input }) =>
            `${JSON.stringify(input)} is not an absolute path or a place in a bucket such as "s3://bucket/prefix"`,
        },
      ),
    schedule: matching(
      /^[\w*:,/.~ -]{1,100}$/,
      'times of systemd such as "*-*-* 03:00:00"',
    ).optional(),
    region: matching(/^[a-z]{2}[a-z0-9-]{3,30}$/, 'a region such as "eu-west-1"').optional(),
    secretsFile: path.optional(),
  });
}

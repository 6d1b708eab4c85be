import { z } from 'zod';

import { describeValue } from '../options-problem.ts';

/** SHA-256 in hexadecimal digits. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().nonnegative();

/** Relative path without `..`, empty steps and control characters, as it is in an archive. */
const innerPath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) =>
      // eslint-disable-next-line no-control-regex -- a path may end up in a terminal
      !/[\0-\x1F\x7F\\]/.test(path) &&
      path.split('/').every((step) => !['', '.', '..'].includes(step)),
    {
      error: ({ input }) =>
        `${describeValue(input)} is not a relative path without ".." and control characters`,
    },
  );

const partFile = z.union([
  z.strictObject({ path: innerPath, sha256, bytes: size, mode: z.enum(['644', '755']) }),
  z.strictObject({
    path: innerPath,
    bytes: z.literal(0),
    mode: z.literal('777'),
    target: z.string().min(1).max(1024),
  }),
]);

/** Content of a part; parts of different roles change at different times. */
const role = z.enum(['node', 'packages', 'application', 'files', 'agent']);

/** Schema of a part in a manifest. */
export const partSchema = z.strictObject({
  role,
  sha256,
  bytes: size,
  compressedBytes: size,
  files: z.array(partFile).nonempty(),
});

/** Kind of a part. */
export type PartRole = z.output<typeof role>;

/** File of a part, or a symbolic link. */
export type PartFile = z.output<typeof partFile>;

/** A part of a release: one archive, addressed by its content. */
export type ReleasePart = z.output<typeof partSchema>;

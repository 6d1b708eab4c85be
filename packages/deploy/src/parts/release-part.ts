import { describeValue } from '@fairlead/signature';
import * as z from 'zod';

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

/** Kind of a part: parts of different roles change at different times. */
export type PartRole = 'node' | 'packages' | 'application' | 'wheels' | 'flask' | 'files' | 'agent';

/** Regular file of a part. */
export interface PartRegularFile {
  /** Path inside of the release, with `/`. */
  readonly path: string;
  /** SHA-256 of the content in hexadecimal digits. */
  readonly sha256: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** Permission bits in octal digits. */
  readonly mode: '644' | '755';
}

/** Symbolic link of a part. */
export interface PartLink {
  /** Path inside of the release, with `/`. */
  readonly path: string;
  readonly bytes: 0;
  readonly mode: '777';
  /** Relative path inside of the folder of the part. */
  readonly target: string;
}

/** File of a part, or a symbolic link. */
export type PartFile = PartRegularFile | PartLink;

/** A part of a release: one archive, addressed by its content. */
export interface ReleasePart {
  readonly role: PartRole;
  /** SHA-256 of the archive before compression, in hexadecimal digits. */
  readonly sha256: string;
  /** Size of all files in bytes. */
  readonly bytes: number;
  /** Size of the compressed archive in bytes. */
  readonly compressedBytes: number;
  readonly files: readonly PartFile[];
}

const file = z.strictObject({ path: innerPath, sha256, bytes: size, mode: z.enum(['644', '755']) });

const link = z.strictObject({
  path: innerPath,
  bytes: z.literal(0),
  mode: z.literal('777'),
  target: z.string().min(1).max(1024),
});

/** Schema of a part in a manifest. */
export const partSchema: z.ZodType<ReleasePart> = z.strictObject({
  role: z.enum(['node', 'packages', 'application', 'wheels', 'flask', 'files', 'agent']),
  sha256,
  bytes: size,
  compressedBytes: size,
  files: z.array(z.union([file, link])).nonempty(),
});

import * as z from 'zod';

import { absolutePathProblem, isAbsolutePath } from '../values/absolute-path.ts';

const matching = (pattern: RegExp, expected: string) =>
  z.string({ error: `must be ${expected}` }).refine((text) => pattern.test(text), {
    error: ({ input }) => `is ${JSON.stringify(input)}, which is not ${expected}`,
  });

/** Source: https://github.com/distribution/reference, with a digest. */
const image = matching(
  /^(?:[a-z0-9.-]+(?::\d{1,5})?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?@sha256:[0-9a-f]{64}$/,
  'an image with its digest, such as "docker.io/library/node:24-bookworm-slim@sha256:…"; `fairlead render docker --pin` finds the digests',
);

/** Relative path that COPY, Compose and `.dockerignore` read as it is: they have patterns and variables. */
const projectPath = matching(
  /^(?!-)(?!.*(?:^|\/)\.\.?(?:\/|$))[\w@+.-]+(?:\/[\w@+.-]+)*$/,
  'a path inside of the project such as "service.ts": letters, digits and "@+._-/", without ".."',
);

/** Path to a folder of this machine, which may be above the rendered files. */
const localPath = matching(
  /^(?!-)[\w@+./~-]+$/,
  'a path of this machine: letters, digits and "@+._~-/"',
);

const containerPath = z.string().transform((text, context) => {
  if (isAbsolutePath(text) && !/[\s:]/.test(text)) return text;
  const problem = absolutePathProblem(text) ?? 'must have no white space and no ":"';
  context.addIssue(`has the path ${JSON.stringify(text)}, which ${problem}`);
  return z.NEVER;
});

const bytes = z.int({ error: 'must be whole bytes' }).min(16_777_216, 'must be at least 16 MiB');

/** Schema of {@link ContainersInput}. */
export const containersSchema = z.strictObject({
  images: z.strictObject({
    node: image,
    nginx: image,
    python: image.optional(),
    redis: image.optional(),
  }),
  entry: projectPath.refine((path) => /\.[cm]?[jt]s$/.test(path), {
    error: ({ input }) => `is ${JSON.stringify(input)}, which is no module: .ts or .js`,
  }),
  include: z.array(projectPath).optional(),
  python: z.strictObject({ requirements: projectPath, source: projectPath }).optional(),
  folder: projectPath.optional(),
  user: z
    .int()
    .min(1, 'must be at least 1: 0 is root')
    .max(2_147_483_647, 'must be at most 2147483647')
    .optional(),
  files: z.record(containerPath, localPath).optional(),
  folders: z.record(containerPath, localPath).optional(),
  nginxMemoryBytes: bytes.optional(),
  redis: z.strictObject({ memoryBytes: bytes.optional() }).optional(),
});

/** Settings that match the schema, before defaults. */
export type ParsedContainers = z.output<typeof containersSchema>;

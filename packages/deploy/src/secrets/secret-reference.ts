import { normalize } from 'node:path/posix';

import type { Secret } from '@fairlead/deploy-config';
import * as z from 'zod';

/** Reference to a secret: the host reads the value itself, which is in no release. */
export type SecretReference = Omit<Secret, 'path' | 'from' | 'variable'> & {
  /** Absolute path of the file that the host writes. */
  readonly path: string;
  /** Name of the variable in that file; the file is the value without one. */
  readonly variable?: string | undefined;
  readonly from: SecretReferenceSource;
};

/** Place that a host reads a secret from. */
export type SecretReferenceSource =
  | { readonly file: string }
  | { readonly ssmParameter: string; readonly region?: string | undefined }
  | {
      readonly secretsManager: string;
      readonly key?: string | undefined;
      readonly region?: string | undefined;
    };

const path = z
  .string()
  .startsWith('/')
  .max(1024)
  .refine((text) => normalize(text) === text && !/\p{Cc}/u.test(text), {
    error: 'is no normalized path',
  });
const place = z.string().regex(/^[\w/+=.@:-]{1,2048}$/);
const region = z
  .string()
  .regex(/^[a-z0-9-]{3,32}$/)
  .optional();

/** Schema of a secret in a manifest. */
export const secretReferenceSchema: z.ZodType<SecretReference> = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  from: z.union([
    z.strictObject({ file: path }),
    z.strictObject({ ssmParameter: place, region }),
    z.strictObject({ secretsManager: place, key: z.string().min(1).max(256).optional(), region }),
  ]),
  path: path.startsWith('/etc/'),
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
  mode: z.string().regex(/^0[0-7]{2}0$/),
  owner: z.string().regex(/^[a-z_][a-z0-9_-]{0,30}:[a-z_][a-z0-9_-]{0,30}$/),
});

/** Describes a source, for messages. */
export function describeSource(from: SecretReferenceSource): string {
  if ('file' in from) return `the file ${from.file}`;
  const where = from.region === undefined ? '' : ` in ${from.region}`;
  if ('ssmParameter' in from) return `the SSM parameter ${from.ssmParameter}${where}`;
  const member = from.key === undefined ? '' : `the member ${JSON.stringify(from.key)} of `;
  return `${member}the secret ${from.secretsManager} of Secrets Manager${where}`;
}

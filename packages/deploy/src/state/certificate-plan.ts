import { normalize } from 'node:path/posix';

import type { Deployment } from '@fairlead/deploy-config';
import * as z from 'zod';

/** Certificate of a host, as the manifest of a release has it. */
export interface CertificatePlan {
  /** Certificate and its chain. */
  readonly file: string;
  /** Private key. */
  readonly keyFile: string;
  /** `true` if the CloudWatch agent of the host takes the days left. */
  readonly metric: boolean;
  /** Authority that certbot obtains it from; a file that an operator replaces without it. */
  readonly acme?:
    | {
        readonly email: string;
        readonly directory: string;
        readonly authorityFile?: string | undefined;
        readonly webroot: string;
        readonly names: readonly string[];
      }
    | undefined;
}

const path = z
  .string()
  .startsWith('/')
  .max(1024)
  .refine((text) => normalize(text) === text && !/\p{Cc}/u.test(text), {
    error: 'is no normalized path',
  });

/** Schema of a certificate in a manifest. */
export const certificatePlanSchema: z.ZodType<CertificatePlan> = z.strictObject({
  file: path,
  keyFile: path,
  metric: z.boolean(),
  acme: z
    .strictObject({
      email: z.string().regex(/^[\w.+][\w.+-]*@[\w.-]+$/),
      directory: z.string().regex(/^https:\/\/[!-~]+$/),
      authorityFile: path.optional(),
      webroot: path,
      names: z.array(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,252}$/)).nonempty(),
    })
    .optional(),
});

/** Returns the certificate of a deployment for its manifest; `undefined` without TLS. */
export function certificatePlanOf({ nginx, cloudWatch }: Deployment): CertificatePlan | undefined {
  const { listen } = nginx;
  if (listen.scheme !== 'https') return undefined;
  const { acme, certificateFile, certificateKeyFile, names } = listen;
  return {
    file: certificateFile,
    keyFile: certificateKeyFile,
    metric: cloudWatch !== undefined,
    ...(acme && {
      acme: {
        email: acme.email,
        directory: acme.directory,
        ...(acme.authorityFile !== undefined && { authorityFile: acme.authorityFile }),
        webroot: acme.webroot,
        names: [...names],
      },
    }),
  };
}

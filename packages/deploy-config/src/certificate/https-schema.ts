import * as z from 'zod';

import type { AbsolutePath } from '../values/absolute-path.ts';
import type { HostName } from '../values/host-name.ts';

/** Regular expression with a description for the message of a text that it doesn't match. */
type Matching = (pattern: RegExp, expected: string) => z.ZodType<string, string>;

/** Returns the schema of a TLS listener: its certificate is in files, or of an ACME authority. */
export function httpsSchema(
  path: z.ZodType<AbsolutePath, string>,
  hostName: z.ZodType<HostName, string>,
  matching: Matching,
) {
  return z
    .strictObject({
      scheme: z.literal('https'),
      names: z.array(hostName).nonempty(),
      certificateFile: path.optional(),
      certificateKeyFile: path.optional(),
      acme: z
        .strictObject({
          email: matching(
            /^[A-Za-z0-9._+][A-Za-z0-9._+-]{0,63}@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/,
            'an address such as "ops@example.com"',
          ),
          directory: matching(
            /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?\/[\w./-]*$/,
            'a URL such as "https://acme-v02.api.letsencrypt.org/directory"',
          ).optional(),
          authorityFile: path.optional(),
        })
        .optional(),
      host: z.union([z.ipv4(), z.ipv6()]).optional(),
      port: z.int().min(1).max(65_535).optional(),
      redirectPort: z.int().min(1).max(65_535).optional(),
    })
    .superRefine(({ acme, names, redirectPort = 80, ...files }, context) => {
      const issue = (name: string, message: string): void => {
        context.addIssue({ code: 'custom', path: [name], message });
      };
      for (const name of ['certificateFile', 'certificateKeyFile'] as const) {
        if (acme === undefined && files[name] === undefined) {
          issue(
            name,
            `is not set. Give the absolute path of a file on the host (PEM), or acme such as { "email": "ops@example.com" } for a certificate of Let's Encrypt.`,
          );
        }
      }
      if (acme === undefined) return;
      const wildcard = names.find((name) => name.startsWith('*'));
      if (wildcard !== undefined) {
        issue(
          'acme',
          `can't obtain a certificate for "${wildcard}": an authority checks a wildcard by DNS only. Name each host in names, or give certificateFile and certificateKeyFile.`,
        );
      }
      if (redirectPort !== 80) {
        issue(
          'redirectPort',
          `is ${redirectPort}, but an ACME authority checks port 80. Leave redirectPort out, or forward port 80 to it and give certificateFile and certificateKeyFile.`,
        );
      }
    });
}

import type { AbsolutePath } from '../values/absolute-path.ts';

/** Checked settings of an ACME authority. */
export interface Acme {
  /** Address for messages of the authority. */
  readonly email: string;
  /** Directory of the authority. */
  readonly directory: string;
  /** File with the certificate of a private authority; `undefined` for those that the host trusts. */
  readonly authorityFile: AbsolutePath | undefined;
  /** Folder that Nginx serves the answers to challenges from, at all times: renewals need it too. */
  readonly webroot: AbsolutePath;
}

/** Fills in the defaults of an authority. */
export function resolveAcme(
  given:
    | {
        readonly email: string;
        readonly directory?: string | undefined;
        readonly authorityFile?: AbsolutePath | undefined;
      }
    | undefined,
  name: string,
): Acme | undefined {
  if (given === undefined) return undefined;
  const {
    email,
    directory = 'https://acme-v02.api.letsencrypt.org/directory',
    authorityFile,
  } = given;
  return { email, directory, authorityFile, webroot: `/var/lib/${name}-acme` as AbsolutePath };
}

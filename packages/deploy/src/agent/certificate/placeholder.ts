import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CertificatePlan } from '../../state/certificate-plan.ts';
import { hostError } from '../host-error.ts';
import { runProgram } from '../run-program.ts';
import { replaceFile } from '../secrets/replace-file.ts';

/** Subject of the certificate that Nginx has until the first one is issued. */
export const PLACEHOLDER = 'fairlead-placeholder';

/**
 * Writes a self-signed certificate if the host has none yet: Nginx doesn't start without one, and the authority checks port 80 of a
 * running Nginx before it issues one.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when certbot or openssl is missing
 */
export async function placePlaceholder(plan: CertificatePlan | undefined): Promise<void> {
  if (plan?.acme === undefined) return;
  const { code } = await runProgram('certbot', ['--version']);
  if (code === 127) {
    throw hostError(
      'certbot is not installed. Run apt-get install --no-install-recommends certbot.',
    );
  }
  const { file, keyFile } = plan;
  if (existsSync(file) && existsSync(keyFile)) return;
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-certificate-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const { code: failed, stderr } = await runProgram('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '30', '-subj', `/CN=${PLACEHOLDER}`, '-keyout', key, '-out', certificate],
    ]);
    if (failed !== 0) throw hostError(`openssl can't create a certificate: ${stderr.trim()}`);
    const owner = { uid: 0, gid: 0 };
    await replaceFile(keyFile, await readFile(key), { ...owner, mode: 0o600 });
    await replaceFile(file, await readFile(certificate), { ...owner, mode: 0o644 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

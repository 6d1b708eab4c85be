import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { atLeast, type Version } from '../values/version.ts';

const oldest: readonly (readonly [keyof Deployment['target'], Version, string])[] = [
  ['nginx', [1, 19, 4], 'it introduced ssl_reject_handshake'],
  ['openssl', [1, 1, 1], 'it introduced TLS 1.3'],
  ['gunicorn', [22, 0, 0], 'it introduced header_map'],
  ['systemd', [247, 0, 0], 'it introduced ProtectProc'],
];

/** The rendered files require at least these versions. */
export function checkTarget({ target }: Deployment): DeploymentProblem[] {
  return oldest
    .filter(([program, minimum]) => !atLeast(target[program], ...minimum))
    .map(([program, minimum, why]) => ({
      code: 'ERR_DEPLOYMENT_TARGET',
      settings: [`target.${program}`],
      message: `target.${program} is ${target[program].join('.')}, but at least ${minimum.join('.')} is required: ${why}. Update it on the host.`,
    }));
}

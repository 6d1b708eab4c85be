import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { atLeast, type Version } from '../values/version.ts';

const oldest: readonly (readonly [keyof Deployment['target'], Version, string])[] = [
  ['nginx', [1, 19, 4], 'ssl_reject_handshake came with it'],
  ['openssl', [1, 1, 1], 'TLS 1.3 came with it'],
  ['gunicorn', [22, 0, 0], 'header_map came with it'],
  ['systemd', [247, 0, 0], 'ProtectProc came with it'],
];

/** What is rendered relies on these versions at least. */
export function checkTarget({ target }: Deployment): DeploymentProblem[] {
  return oldest
    .filter(([program, least]) => !atLeast(target[program], ...least))
    .map(([program, least, why]) => ({
      code: 'ERR_DEPLOYMENT_TARGET',
      settings: [`target.${program}`],
      message: `target.${program} is ${target[program].join('.')}, but at least ${least.join('.')} is needed: ${why}. Update it on the host.`,
    }));
}

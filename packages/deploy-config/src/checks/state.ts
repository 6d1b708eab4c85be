import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { hostState } from '../host/host-state.ts';

/** Folder of releases, which a deployment replaces. */
const RELEASES = '/opt/fairlead';

/** State outlasts releases: none is inside of one, and a backup is on another disk or in a bucket. */
export function checkState(deployment: Deployment): DeploymentProblem[] {
  const { layout, backup } = deployment;
  if (layout.supervisor !== 'systemd') {
    if (backup === undefined) return [];
    const message =
      'backup is a timer of systemd, but layout.supervisor is "foreground". Run fairlead registry backup, or use layout "host".';
    return [{ code: 'ERR_DEPLOYMENT_STATE', settings: ['backup', 'layout.supervisor'], message }];
  }
  const inRelease = hostState(deployment).filter(({ path }) => isInside(path, RELEASES));
  const problems = inRelease.map(({ kind, path }): DeploymentProblem => {
    const message = `The ${kind} are state (${path}), but ${RELEASES} has releases, which a deployment replaces. Use a path below /var/lib or /etc.`;
    return { code: 'ERR_DEPLOYMENT_STATE', settings: [settingOf(deployment, path)], message };
  });
  const backedUp = hostState(deployment).find(
    ({ backup: how, path }) =>
      how !== undefined && backup !== undefined && isInside(backup.to, path),
  );
  if (backedUp === undefined) return problems;
  const message = `backup.to is ${backup?.to ?? ''}, inside of ${backedUp.path}, which it backs up. Use a folder on another disk, or a bucket.`;
  return [...problems, { code: 'ERR_DEPLOYMENT_STATE', settings: ['backup.to'], message }];
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Returns the setting that has a path. */
function settingOf({ gateway, flask, nginx }: Deployment, path: string): string {
  const settings = {
    'gateway.environment': gateway.environment,
    'flask.environment': flask?.environment ?? {},
    'nginx.listen': nginx.listen,
    'gateway.service': gateway.service ?? {},
    'flask.service': flask?.service ?? {},
  };
  for (const [setting, values] of Object.entries(settings)) {
    const found = Object.entries(values).find(
      ([, value]) => value === path || (Array.isArray(value) && value.includes(path)),
    );
    if (found) return `${setting}.${found[0]}`;
  }
  return 'secrets';
}

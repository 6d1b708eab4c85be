import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { isAbsolutePath } from '../values/absolute-path.ts';

/** systemd has to know what to run, and as whom. */
export function checkServices({ layout, gateway, flask }: Deployment): DeploymentProblem[] {
  if (layout.supervisor !== 'systemd') return [];
  const missing = [
    ...(gateway.command ? [] : ['gateway.command']),
    ...(gateway.service ? [] : ['gateway.service']),
    ...(flask && !flask.service ? ['flask.service'] : []),
  ];
  const problems = missing.map((setting): DeploymentProblem => ({
    code: 'ERR_DEPLOYMENT_SERVICE',
    settings: [setting, 'layout.supervisor'],
    message: `${setting} is not set, but layout.supervisor is "systemd": its unit cannot be written. Set ${setting}, or use folderLayout().`,
  }));
  const program = gateway.command?.[0];
  if (program !== undefined && !isAbsolutePath(program)) {
    problems.push({
      code: 'ERR_DEPLOYMENT_SERVICE',
      settings: ['gateway.command', 'layout.supervisor'],
      message: `gateway.command starts with "${program}", but layout.supervisor is "systemd", which knows no search path. Write the program's absolute path.`,
    });
  }
  return problems;
}

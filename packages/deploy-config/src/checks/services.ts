import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { isAbsolutePath } from '../values/absolute-path.ts';

const nginxAsRoot: DeploymentProblem = {
  code: 'ERR_DEPLOYMENT_SERVICE',
  settings: ['nginx.user'],
  message:
    'nginx.user is "root", but the workers of Nginx read the requests of any client. ' +
    'Use an account without rights, such as "www-data", with access to the sockets and layout.nginxTempFolder.',
};

/** A model file may name other files, relative to the working folder of a program. */
function secretsInWorkingFolders({
  gateway,
  flask,
  nginx,
  secrets: own,
}: Pick<Deployment, 'gateway' | 'flask' | 'nginx' | 'secrets'>): DeploymentProblem[] {
  const { listen } = nginx;
  const secrets: readonly (readonly [string, string | undefined])[] = [
    ['gateway.service.secretsFile', gateway.service?.secretsFile],
    ['gateway.environment.FAIRLEAD_KEYS_FILE', gateway.environment.FAIRLEAD_KEYS_FILE],
    ['flask.service.secretsFile', flask?.service?.secretsFile],
    [
      'nginx.listen.certificateKeyFile',
      listen.scheme === 'https' ? listen.certificateKeyFile : undefined,
    ],
    ...own.map(({ path }, index) => [`secrets.${index}.path`, path] as const),
  ];
  const folders: readonly (readonly [string, string | undefined])[] = [
    ['gateway.service.workingFolder', gateway.service?.workingFolder],
    ['flask.service.workingFolder', flask?.service?.workingFolder],
    // Working directory of Gunicorn.
    ['flask.folder', flask?.folder],
  ];
  const problems: DeploymentProblem[] = [];
  for (const [setting, folder] of folders) {
    for (const [secret, file] of secrets) {
      if (folder === undefined || file === undefined) continue;
      if (!file.startsWith(folder === '/' ? folder : `${folder}/`)) continue;
      problems.push({
        code: 'ERR_DEPLOYMENT_SERVICE',
        settings: [setting, secret],
        message: `${setting} is ${folder}, but ${secret} (${file}) is inside of it, where a model file could name it. ${setting === 'flask.folder' ? 'Move' : `Leave ${setting} out for an empty folder, or move`} the secret.`,
      });
    }
  }
  return problems;
}

/** Settings that a unit requires, each with an example. */
const requiredUnderSystemd = {
  'gateway.command':
    '["/opt/fairlead/current/bin/node", "/opt/fairlead/current/gateway/dist/main.js"]',
  'gateway.service': '{ "user": "fairlead" }',
  'flask.service': '{ "user": "fairlead-flask" }',
};

/** Returns the settings that systemd needs and that are missing, also of an input that has other problems. */
export function missingForSystemd(input: unknown): DeploymentProblem[] {
  const given = asRecord(input);
  if (asRecord(given?.layout)?.supervisor !== 'systemd') return [];
  return Object.entries(requiredUnderSystemd).flatMap(([setting, example]): DeploymentProblem[] => {
    const [program = '', name = ''] = setting.split('.');
    const settings = asRecord(given?.[program]);
    if (settings === undefined || settings[name] !== undefined) return [];
    return [
      {
        code: 'ERR_DEPLOYMENT_SERVICE',
        settings: [setting, 'layout.supervisor'],
        message: `${setting} is not set, but layout.supervisor is "systemd": its unit cannot be written. Give ${setting}, such as ${example}, or use folderLayout().`,
      },
    ];
  });
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

/** A timer of systemd renews the certificate. */
export function acmeWithoutSystemd({ listen }: Deployment['nginx']): DeploymentProblem[] {
  if (listen.scheme !== 'https' || listen.acme === undefined) return [];
  return [
    {
      code: 'ERR_DEPLOYMENT_SERVICE',
      settings: ['nginx.listen.acme', 'layout.supervisor'],
      message:
        'nginx.listen.acme needs a timer of systemd, but layout.supervisor is "foreground". Give certificateFile and certificateKeyFile, or use layout "host".',
    },
  ];
}

/** systemd needs a command and an account for each service. */
export function checkServices(deployment: Deployment): DeploymentProblem[] {
  const { layout, gateway, nginx } = deployment;
  const asRoot: DeploymentProblem[] = nginx.user === 'root' ? [nginxAsRoot] : [];
  if (layout.supervisor !== 'systemd') return [...asRoot, ...acmeWithoutSystemd(nginx)];
  const problems = missingForSystemd(deployment);
  const program = gateway.command?.[0];
  if (program !== undefined && !isAbsolutePath(program)) {
    problems.push({
      code: 'ERR_DEPLOYMENT_SERVICE',
      settings: ['gateway.command', 'layout.supervisor'],
      message: `gateway.command starts with "${program}", but layout.supervisor is "systemd", which has no search path. Write the program's absolute path.`,
    });
  }
  return [...asRoot, ...problems, ...secretsInWorkingFolders(deployment)];
}

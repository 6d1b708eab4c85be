import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import type { Secret } from '../secrets/secret.ts';
import { derivedGatewayEnvironment } from '../environment/gateway-environment.ts';

/** Folders of `/etc` whose files the operating system reads as configuration. */
const systemFolders = [
  'systemd',
  'sysusers.d',
  'tmpfiles.d',
  'logrotate.d',
  'apt',
  'cron.d',
  'sudoers.d',
].map((name) => `/etc/${name}`);

/** Secrets belong to a host with systemd, each to a separate file or variable, which nothing else sets. */
export function checkSecrets(deployment: Deployment): DeploymentProblem[] {
  const { layout, secrets } = deployment;
  const reserved = [layout.nginxConfigFile, layout.gunicornConfigFile, ...systemFolders];
  if (secrets.length > 0 && layout.supervisor !== 'systemd') {
    return [
      problem(
        ['secrets', 'layout.supervisor'],
        'secrets are written by a host with systemd, but layout.supervisor is "foreground". Set the variables of the process, or use layout "host".',
      ),
    ];
  }
  return secrets.flatMap((secret, index) => [
    ...placeProblems(secret, index, reserved),
    ...conflicts(secret, index, secrets.slice(0, index)),
    ...variableProblems(secret, index, deployment),
  ]);
}

function problem(settings: readonly string[], message: string): DeploymentProblem {
  return { code: 'ERR_DEPLOYMENT_SECRET', settings, message };
}

function placeProblems(
  { name, from, path, variable }: Secret,
  index: number,
  reserved: readonly string[],
): DeploymentProblem[] {
  const setting = `secrets.${index}.path`;
  if (!path.startsWith('/etc/')) {
    const message = `${setting} of "${name}" is ${path}, but files of secrets are below /etc, which no service can write to. Use a path such as /etc/fairlead/${name}.`;
    return [problem([setting], message)];
  }
  const owned = reserved.find((each) => path === each || isInside(path, each));
  if (owned !== undefined) {
    const message = `${setting} of "${name}" is ${path}, but ${owned} has configuration. Use a path such as /etc/fairlead/${name}.`;
    return [problem([setting], message)];
  }
  if (variable !== undefined && 'file' in from && from.file === path) {
    const message = `secrets.${index}.from.file of "${name}" is its path ${path}, which is written with a line for ${variable}. Read the value from another file, or leave variable out.`;
    return [problem([`secrets.${index}.from.file`, `secrets.${index}.variable`], message)];
  }
  return [];
}

function conflicts(secret: Secret, index: number, before: readonly Secret[]): DeploymentProblem[] {
  const found: DeploymentProblem[] = [];
  const settings = (other: number, name: string) => [
    `secrets.${index}.${name}`,
    `secrets.${other}.${name}`,
  ];
  before.forEach((other, at) => {
    if (other.name === secret.name) {
      const message = `Two secrets have the name "${secret.name}". Rename one.`;
      found.push(problem(settings(at, 'name'), message));
    }
    if (isInside(secret.path, other.path) || isInside(other.path, secret.path)) {
      const message = `The secrets "${other.name}" (${other.path}) and "${secret.name}" (${secret.path}): one path is a folder of the other. Change one.`;
      found.push(problem(settings(at, 'path'), message));
    }
    if (other.path !== secret.path) return;
    if (secret.variable === undefined || other.variable === undefined) {
      const message = `The secrets "${other.name}" and "${secret.name}" have the same path ${secret.path}. Give each a variable, or another path.`;
      found.push(problem(settings(at, 'path'), message));
    } else if (secret.variable === other.variable) {
      const message = `The secrets "${other.name}" and "${secret.name}" both set ${secret.variable} in ${secret.path}. Remove one.`;
      found.push(problem(settings(at, 'variable'), message));
    } else if (secret.mode !== other.mode || secret.owner !== other.owner) {
      const message = `The secrets "${other.name}" and "${secret.name}" are in one file, ${secret.path}, but have the modes ${other.mode} and ${secret.mode} and the owners ${other.owner} and ${secret.owner}. Give both the same.`;
      found.push(problem([...settings(at, 'mode'), ...settings(at, 'owner')], message));
    }
  });
  return found;
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** A variable in the secrets file would override one of the unit. */
function variableProblems(
  { name, path, variable }: Secret,
  index: number,
  deployment: Deployment,
): DeploymentProblem[] {
  const { gateway, flask } = deployment;
  if (variable === undefined) return [];
  const setting = `secrets.${index}.variable`;
  const services = [
    [
      'gateway',
      gateway.service,
      { ...derivedGatewayEnvironment(deployment), ...gateway.environment },
    ],
    ['flask', flask?.service, flask?.environment ?? {}],
  ] as const;
  const readers = services.filter(([, service]) => service?.secretsFile === path);
  if (readers.length === 0) {
    const message = `The secret "${name}" is the variable ${variable} in ${path}, which no service reads. Set gateway.service.secretsFile or flask.service.secretsFile to ${path}.`;
    return [problem([setting, 'gateway.service.secretsFile'], message)];
  }
  return readers
    .filter(([, , environment]) => Object.hasOwn(environment, variable))
    .map(([service]) =>
      problem(
        [setting, `${service}.environment.${variable}`],
        `The secret "${name}" and ${service}.environment both set ${variable}. Remove one.`,
      ),
    );
}

import { isIP } from 'node:net';

import type { EnvironmentProblem } from './environments-error.ts';
import type { ParsedEnvironment } from './environments-schema.ts';

/** Folders of a host that only releases write to. */
const releaseFolders = ['/opt/fairlead', '/var/lib/fairlead-deploy'];

/** Returns the broken rules between the settings of one environment. */
export function environmentRules(
  name: string,
  environment: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  const { hosts } = environment;
  return [
    ...(isGroup(hosts)
      ? groupRules(name, environment)
      : [
          ...repeatedHosts(name, hosts),
          ...missingSsm(name, hosts, environment),
          ...missingTargets(name, hosts, environment),
        ]),
    ...missingStore(name, environment),
    ...stackCommandRules(name, environment),
    ...reservedPaths(name, environment),
  ];
}

type ParsedHosts = Extract<ParsedEnvironment['hosts'], readonly unknown[]>;

function isGroup(
  hosts: ParsedEnvironment['hosts'],
): hosts is Exclude<ParsedEnvironment['hosts'], readonly unknown[]> {
  return !Array.isArray(hosts);
}

/** Returns what the instances of an Auto Scaling group can't have: each is new at some time, and has only what its first boot brings. */
function groupRules(
  name: string,
  { hosts, ssm, stack, balancer, files = {}, registry }: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  const group = `${name}.hosts.autoScalingGroup`;
  const problems: EnvironmentProblem[] = [];
  const add = (setting: string, message: string): void => {
    problems.push({ settings: [`${name}.${setting}`, group], message: `${name}.${message}` });
  };
  if (ssm === undefined) {
    add(
      'ssm',
      `ssm is not set, but the hosts are instances of an Auto Scaling group. Give an object such as { bucket: "acme-deploy" }: releases reach instances of Systems Manager through a bucket.`,
    );
  }
  const region = isGroup(hosts) ? hosts.region : undefined;
  if (region !== undefined && ssm?.region !== undefined && region !== ssm.region) {
    add(
      'ssm.region',
      `ssm.region is "${ssm.region}", but ${name}.hosts.region is "${region}". Give one of them: Systems Manager and the group have to be in the same region.`,
    );
  }
  const ofGroup = region ?? ssm?.region;
  if (ofGroup !== undefined && stack?.region !== undefined && ofGroup !== stack.region) {
    const setting = region === undefined ? 'ssm.region' : 'hosts.region';
    add(
      'stack.region',
      `stack.region is "${stack.region}", but ${name}.${setting} is "${ofGroup}". Give one of them: new instances of the group read the parameter in their own region.`,
    );
  }
  if (balancer?.kind === 'haproxy') {
    add(
      'balancer.kind',
      `balancer.kind is "haproxy", whose servers have fixed names, but instances of an Auto Scaling group come and leave. Give the target group of the group: { kind: "target-group", arn }.`,
    );
  }
  if (Object.keys(files).length > 0) {
    add(
      'files',
      `files are copied to hosts that run, but the Auto Scaling group starts new ones without them. Name them in secrets of the deployment, which each host reads itself.`,
    );
  }
  if (registry !== undefined) {
    add(
      'registry',
      `registry is copied to hosts that run, but the Auto Scaling group starts new ones without it. Use a registry in S3: set FAIRLEAD_REGISTRY to "s3://bucket/prefix", and remove registry.`,
    );
  }
  return problems;
}

/**
 * Returns the name of a host at a balancer; `undefined` if neither `target` nor the address is one.
 *
 * @example
 * ```ts
 * import { balancerTarget } from '@fairlead/deploy-config';
 *
 * console.log(balancerTarget({ url: 'ssh://admin@10.0.0.1' })); // 10.0.0.1
 * ```
 */
export function balancerTarget({
  url,
  target,
}: {
  readonly url: string;
  readonly target?: string | undefined;
}): string | undefined {
  if (target !== undefined) return target;
  if (url.startsWith('ssm://')) return url.slice('ssm://'.length);
  const [, address = ''] = /^ssh:\/\/(?:[^@]*@)?\[?([^\]/]*?)\]?(?::\d+)?\/?$/.exec(url) ?? [];
  return isIP(address) === 0 ? undefined : address;
}

function repeatedHosts(name: string, hosts: ParsedHosts): readonly EnvironmentProblem[] {
  return hosts.flatMap(({ url }, index) => {
    const first = hosts.findIndex((other) => other.url === url);
    if (first === index) return [];
    const settings = [`${name}.hosts.${first}`, `${name}.hosts.${index}`];
    return [{ settings, message: `${settings.join(' and ')} are both "${url}". Remove one.` }];
  });
}

function missingSsm(
  name: string,
  hosts: ParsedHosts,
  { ssm }: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  const index = hosts.findIndex(({ url }) => url.startsWith('ssm://'));
  if (index === -1 || ssm !== undefined) return [];
  const settings = [`${name}.ssm`, `${name}.hosts.${index}`];
  const message = `${name}.ssm is not set, but ${name}.hosts.${index} is "${hosts[index]?.url ?? ''}". Give an object such as { bucket: "acme-deploy" }: releases reach instances of Systems Manager through a bucket.`;
  return [{ settings, message }];
}

function missingStore(
  name: string,
  { stack, releaseStore }: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  const { releaseParameter } = stack ?? {};
  if (releaseParameter === undefined || releaseStore?.startsWith('s3://') === true) return [];
  const settings = [`${name}.stack.releaseParameter`, `${name}.releaseStore`];
  const found = releaseStore === undefined ? 'not set' : `"${releaseStore}"`;
  const message = `${name}.stack.releaseParameter names the release of new hosts, but ${name}.releaseStore is ${found}. Give one in S3, such as "s3://acme-shop-releases/releases": new hosts download the archive there.`;
  return [{ settings, message }];
}

/** Returns the broken rules of a stack that is deployed with each release. */
function stackCommandRules(
  name: string,
  { stack, releaseStore }: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  const setting = `${name}.stack.command`;
  if (stack?.command === undefined) return [];
  const problems: EnvironmentProblem[] = [];
  if (stack.releaseParameter !== undefined) {
    problems.push({
      settings: [setting, `${name}.stack.releaseParameter`],
      message: `${setting} deploys the stack with each release, but ${name}.stack.releaseParameter is for updates in place. Remove one of them: the two ways of updates never mix.`,
    });
  }
  if (releaseStore?.startsWith('s3://') !== true) {
    const found = releaseStore === undefined ? 'not set' : `"${releaseStore}"`;
    problems.push({
      settings: [setting, `${name}.releaseStore`],
      message: `${setting} starts new hosts, but ${name}.releaseStore is ${found}. Give one in S3, such as "s3://acme-shop-releases/releases": new hosts download the archive there.`,
    });
  }
  return problems;
}

function missingTargets(
  name: string,
  hosts: ParsedHosts,
  { balancer }: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  if (balancer === undefined) return [];
  return hosts.flatMap((host, index) => {
    const isNamed = 'target' in host && host.target !== undefined;
    if (isNamed || (balancer.kind === 'target-group' && balancerTarget(host) !== undefined)) {
      return [];
    }
    const settings = [`${name}.hosts.${index}.target`, `${name}.balancer`];
    const what =
      balancer.kind === 'haproxy'
        ? 'the name of its server in HAProxy'
        : 'its instance ID or IP address in the target group';
    const message = `${name}.hosts.${index}.target is not set, but the environment has a balancer. Give { url: "${host.url}", target } with ${what}.`;
    return [{ settings, message }];
  });
}

function reservedPaths(
  name: string,
  { files = {}, registry }: ParsedEnvironment,
): readonly EnvironmentProblem[] {
  const paths = [
    ...Object.keys(files).map((path) => [`${name}.files`, path] as const),
    ...(registry?.path === undefined ? [] : [[`${name}.registry.path`, registry.path] as const]),
  ];
  return paths.flatMap(([setting, path]) => {
    const folder = releaseFolders.find((each) => path === each || path.startsWith(`${each}/`));
    if (folder === undefined) return [];
    const message = `${setting} has the path ${path}, but only releases write to ${folder}. Give a path such as /etc/fairlead/${path.split('/').at(-1) ?? ''}.`;
    return [{ settings: [setting], message }];
  });
}

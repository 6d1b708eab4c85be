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
  return [
    ...repeatedHosts(name, environment),
    ...missingSsm(name, environment),
    ...missingTargets(name, environment),
    ...missingStore(name, environment),
    ...reservedPaths(name, environment),
  ];
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

function repeatedHosts(name: string, { hosts }: ParsedEnvironment): readonly EnvironmentProblem[] {
  return hosts.flatMap(({ url }, index) => {
    const first = hosts.findIndex((other) => other.url === url);
    if (first === index) return [];
    const settings = [`${name}.hosts.${first}`, `${name}.hosts.${index}`];
    return [{ settings, message: `${settings.join(' and ')} are both "${url}". Remove one.` }];
  });
}

function missingSsm(
  name: string,
  { hosts, ssm }: ParsedEnvironment,
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

function missingTargets(
  name: string,
  { hosts, balancer }: ParsedEnvironment,
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

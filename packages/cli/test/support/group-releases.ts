import type * as Ssm from '@fairlead/deploy/ssm';
import { runJson } from './fairlead.ts';
import { GROUP, PARAMETER, type GroupOfHosts } from './group-of-hosts.ts';
import { hostProject } from './host-project.ts';

/** A project whose hosts are a group, and its release in the store. */
export interface GroupRelease {
  readonly folder: string;
  readonly path: string;
  readonly digest: string;
}

/** Returns the text of an environment whose hosts are the group. */
export function groupEnvironment(
  { bucket, targetGroupArn }: GroupOfHosts,
  startTimeoutMs: number,
): string {
  return `hosts: { autoScalingGroup: '${GROUP}', startTimeoutMs: ${startTimeoutMs} },
    ssm: { bucket: '${bucket}' },
    balancer: { kind: 'target-group', arn: '${targetGroupArn}' },
    releaseStore: 's3://${bucket}/releases',
    stack: { name: 'Shop', releaseParameter: '${PARAMETER}' }`;
}

/** Builds a release of a project for the group, whose service answers with its version, and publishes it. */
export async function buildGroupRelease(
  place: GroupOfHosts,
  version: number,
  startTimeoutMs = 2_000,
): Promise<GroupRelease> {
  const folder = hostProject({ environment: groupEnvironment(place, startTimeoutMs), version });
  const built = await runJson({ folder }, 'release', 'build', '--out', 'dist', '--publish');
  return { folder, path: String(built.path), digest: String(built.digest) };
}

/** Module in place of `@fairlead/deploy/ssm`, for `vi.mock`: the real pause between two requests for the result of a command is a second. */
export async function withShortPauses(load: () => Promise<typeof Ssm>): Promise<typeof Ssm> {
  const library = await load();
  return { ...library, ssmCarrier: (options) => library.ssmCarrier({ ...options, pollMs: 20 }) };
}

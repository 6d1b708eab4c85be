import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readBootRelease, type BuiltRelease } from '@fairlead/deploy';
import {
  canBootFleet,
  cloudUrl,
  startBalancer,
  startCloud,
  startFleet,
  startLoad,
} from '@fairlead/fleet';
import { temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, it } from 'vitest';

import { ErrorAlarm } from '../support/refresh/error-alarm.ts';
import { readGroupTemplate, type GroupTemplate } from '../support/refresh/group-template.ts';
import { HostGroup } from '../support/refresh/host-group.ts';
import { refreshInstances } from '../support/refresh/instance-refresh.ts';
import { isolatedProps, templateOf } from '../support/sample-stack.ts';
import {
  buildServiceRelease,
  fleetDeployment,
  type ServiceReleaseOptions,
} from '../support/service-release.ts';

const HOSTS = 3;
const isArm = process.arch === 'arm64';
const bucketUrl = '/acme-shop-releases.s3.eu-central-1.amazonaws.com/releases/archives/';
const agentUrl = `/s3.eu-central-1.amazonaws.com/amazon-ssm-eu-central-1/latest/debian_${isArm ? 'arm64' : 'amd64'}/amazon-ssm-agent.deb`;

describe.skipIf(!canBootFleet())('an update of the stack that replaces hosts', () => {
  it('takes a good release to all of them, and returns from bad ones, and no POST of 10,000 fails', async () => {
    await using fleet = await startFleet({ hosts: 14, boot: false });
    const cloud = await startCloud(fleet);
    cloud.addObject(agentUrl, packAgent());
    const version = async (options: ServiceReleaseOptions): Promise<GroupTemplate> => {
      const release = await buildServiceRelease(options);
      cloud.addObject(`${bucketUrl}${release.digest}.tar`, release.path);
      return templateWith(release);
    };
    const first = await version({ text: 'first' });
    const balancer = await startBalancer(fleet, fleet.hosts, {
      hostPort: first.health.port,
      readyPath: first.health.path,
      checkIntervalMs: first.health.interval * 1_000,
      registered: [],
    });
    const group = new HostGroup(fleet, cloud, balancer, first);
    const alarm = new ErrorAlarm(balancer, first.alarm);
    for (let host = 0; host < first.hosts; host += 1) await group.launch(first.userData);
    const signals = cloud.requests().filter(({ url }) => url === '/signal');
    expect(signals.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject(
      Array.from({ length: HOSTS }, () => ({ Status: 'SUCCESS', Reason: 'activated' })),
    );

    const post = { path: '/v2/models/m/infer', body: {}, expected: { outputs: [1] } };
    const posts = await startLoad(fleet, { url: balancer.url, rate: 100, requests: [post] });
    const get = { method: 'GET', path: '/v2/models/m' } as const;
    const gets = await startLoad(fleet, { url: balancer.url, rate: 10, requests: [get] });

    const good = await version({ text: 'good' });
    expect(await refreshInstances({ group, template: good, alarm })).toEqual({
      ...{ status: 'Successful', reason: '', replaced: HOSTS },
      ...{ checkpoints: [10, 50, 100], fewestInService: HOSTS },
    });
    expect(group.instances.map(({ userData }) => userData === good.userData)).toEqual([
      ...[true, true, true],
    ]);

    const failing = await version({ text: 'failing', status: 500 });
    expect(await refreshInstances({ group, template: failing, alarm })).toEqual({
      ...{ status: 'Failed', reason: 'an alarm went off', replaced: 1 },
      ...{ checkpoints: [10], fewestInService: HOSTS },
    });
    expect(alarm.shares.at(-1)).toBeGreaterThan(first.alarm.Threshold);
    expect(await refreshInstances({ group, template: good })).toMatchObject({
      ...{ status: 'Successful', replaced: 1, fewestInService: HOSTS },
    });
    await until(async () => !(await alarm.endPeriod()));

    const wrong = await version({ text: 'wrong', outputs: 2 });
    expect(await refreshInstances({ group, template: wrong, alarm })).toEqual({
      ...{ status: 'Failed', reason: 'a launch was abandoned', replaced: 0 },
      ...{ checkpoints: [], fewestInService: HOSTS },
    });
    expect(group.abandoned).toHaveLength(1);
    expect(await refreshInstances({ group, template: good })).toMatchObject({ replaced: 0 });

    await posts.untilSent(10_000);
    const { failures, failed, sent } = await posts.stop();
    const other = await gets.stop();
    expect(failures).toEqual([]);
    expect([failed, sent >= 10_000]).toEqual([0, true]);
    expect(new Set(other.failures.map(({ status }) => status))).toEqual(new Set([500]));
  });
});

async function templateWith(built: BuiltRelease): Promise<GroupTemplate> {
  const release = await readBootRelease(built.path);
  const template = templateOf(
    isolatedProps({
      deployment: fleetDeployment,
      network: { cidr: '10.77.0.0/16' },
      hosts: {
        instanceType: isArm ? 'm7g.large' : 'm7i.large',
        min: HOSTS,
        image: { ssmParameter: '/shop/image', hasPackages: true },
      },
      release: { bucket: 'acme-shop-releases', release },
    }),
  );
  return readGroupTemplate(template, cloudUrl);
}

/** Packs a service with the name of the agent of Systems Manager, and returns the path of the package. */
function packAgent(): string {
  const folder = temporaryFolder();
  const write = (path: string, lines: readonly string[]): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), `${lines.join('\n')}\n`);
  };
  write('DEBIAN/control', [
    ...['Package: amazon-ssm-agent', 'Version: 1.0', 'Architecture: all'],
    ...['Maintainer: Fairlead <none@example.com>', 'Description: stands for the agent'],
  ]);
  write('lib/systemd/system/amazon-ssm-agent.service', [
    ...['[Service]', 'ExecStart=/bin/sleep infinity', '[Install]', 'WantedBy=multi-user.target'],
  ]);
  const path = `${folder}.deb`;
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', folder, path], { stdio: 'ignore' });
  return path;
}

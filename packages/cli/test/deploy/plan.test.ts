import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  awsTestConnection,
  defaultVpc,
  newBucket,
  s3Client,
  startMoto,
  type MotoServer,
} from '@fairlead/test-support';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';
import { simulateHosts, type SimulatedHosts } from '../support/simulated-hosts.ts';
import { smallNode } from '../support/small-node.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const queue = (seconds: number) => ({
  Resources: { Jobs: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: seconds } } },
});

describe('fairlead plan', () => {
  let moto: MotoServer;
  let hosts: SimulatedHosts;
  let folder: string;
  let first: string;
  let second: string;

  beforeAll(async () => {
    moto = await startMoto();
    vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
    vi.stubEnv('AWS_REGION', awsTestConnection.region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', awsTestConnection.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsTestConnection.credentials.secretAccessKey);
    const client = new CloudFormationClient({ ...awsTestConnection, endpoint: moto.endpoint });
    const TemplateBody = JSON.stringify(queue(30));
    await client.send(new CreateStackCommand({ StackName: 'Shop', TemplateBody }));
    client.destroy();

    folder = hostProject({
      environment:
        "hosts: ['ssh://root@p1', 'ssh://root@p2'], stack: { name: 'Shop', template: 'Shop.json' }",
    });
    hosts = simulateHosts(join(folder, 'hosts'));
    vi.stubEnv('XDG_CACHE_HOME', smallNode(join(folder, 'cache')));
    vi.stubEnv('PATH', hosts.path);
    first = await build();
    const config = join(folder, 'fairlead.config.ts');
    const text = readFileSync(config, 'utf8');
    writeFileSync(
      join(folder, 'second.config.ts'),
      text.replace('requestMs: 4_000', 'requestMs: 5_000'),
    );
    second = await build('--config', 'second.config.ts');
    writeFileSync(join(folder, 'Shop.json'), JSON.stringify(queue(30)));
    for (const host of ['p1', 'p2']) await hosts.install(host, first);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });

  const build = async (...options: readonly string[]): Promise<string> =>
    String((await runJson({ folder }, 'release', 'build', '--out', 'dist', ...options)).path);
  const plan = (release: string, ...options: readonly string[]) =>
    run({ folder }, 'plan', '--release', release, ...options);

  test('nothing differs while the hosts run the release and the stack has the template', async () => {
    const found = await plan(first);
    expect(found.exitCode).toBe(0);
    expect(found.stdout).toMatch(/^root@p1 +[0-9a-f]{12} +stay$/m);
    expect(found.stdout).toContain('\nStack Shop, by a change set\nNo change.\n');
    const hosts = await plan(first, '--without-stack', '--detailed-exitcode');
    expect([hosts.exitCode, hosts.stdout]).toEqual([
      0,
      expect.stringMatching(/\nNo changes, and no hand edits\.\n$/) as string,
    ]);
  });

  test('a host that a killed deployment has left drained gets requests again', async () => {
    const elb = new ElasticLoadBalancingV2Client({ ...awsTestConnection, endpoint: moto.endpoint });
    const { TargetGroups: [group] = [] } = await elb.send(
      new CreateTargetGroupCommand({
        ...{ Name: 'shop', Protocol: 'HTTP', Port: 80, TargetType: 'ip' },
        VpcId: await defaultVpc(moto.endpoint),
      }),
    );
    const { TargetGroupArn } = group ?? {};
    const register = (...addresses: readonly string[]) =>
      elb.send(
        new RegisterTargetsCommand({ TargetGroupArn, Targets: addresses.map((Id) => ({ Id })) }),
      );
    const config = readFileSync(join(folder, 'fairlead.config.ts'), 'utf8');
    const hosts = ['1', '2'].map(
      (name) => `{ url: 'ssh://root@p${name}', target: '10.0.0.${name}' }`,
    );
    const balanced = config.replace(
      "hosts: ['ssh://root@p1', 'ssh://root@p2'],",
      `hosts: [${hosts.join(', ')}], balancer: { kind: 'target-group', arn: '${TargetGroupArn ?? ''}' },`,
    );
    writeFileSync(join(folder, 'balanced.config.ts'), balanced);
    await register('10.0.0.1');
    const options = ['--config', 'balanced.config.ts'];
    const withoutStack = [...options, '--without-stack', '--detailed-exitcode'];
    const found = await plan(first, ...withoutStack);
    expect(found.exitCode).toBe(2);
    expect(found.stdout).toMatch(/^root@p1 +[0-9a-f]{12} +stay$/m);
    expect(found.stdout).toMatch(
      /^root@p2 +[0-9a-f]{12} +stay, and get requests again: it is drained$/m,
    );
    expect(found.stdout).toMatch(/^Plan: 1 host to update, /m);
    const dryRun = await run({ folder }, 'deploy', ...options, '--release', first, '--dry-run');
    expect(dryRun.stdout).toMatch(/^root@p2 +[0-9a-f]{12} +stay, and get requests again/m);
    const ofHosts = await run({ folder }, 'hosts', 'plan', ...options, '--release', first);
    expect(ofHosts.stdout).toMatch(
      /root@p2:\n {2}The host is drained: a deployment lets it serve again\.\n {2}No difference/,
    );
    await register('10.0.0.2');
    expect(await plan(first, ...withoutStack)).toMatchObject({ exitCode: 0 });
    // A plan needs no balancer.
    writeFileSync(
      join(folder, 'balanced.config.ts'),
      balanced.replace(TargetGroupArn ?? '', `${TargetGroupArn ?? ''}0`),
    );
    expect(await plan(first, ...withoutStack)).toMatchObject({ exitCode: 0 });
    elb.destroy();
  });

  test('a host whose activation of the same release was killed is to be updated', async () => {
    const digest = hosts.current('p2') ?? '';
    const shown = digest.slice(0, 12);
    const withoutStack = ['--without-stack', '--detailed-exitcode'];
    hosts.interrupt('p2', digest);
    const found = await plan(first, ...withoutStack);
    expect([found.exitCode, found.stdout]).toEqual([
      2,
      expect.stringMatching(/\nPlan: 1 host to update, 0 configuration files, 0 hand edits\.\n$/),
    ]);
    expect(found.stdout).toMatch(/^root@p1 +[0-9a-f]{12} +stay$/m);
    expect(found.stdout).toContain(`root@p2  ${shown} (interrupted: ${shown})  get 0 B, and the`);
    const dry = await run({ folder }, 'deploy', '--release', first, '--dry-run');
    expect(dry.stdout).toContain(`(interrupted: ${shown})  send 0 B, activate ${shown}`);
    const onHost = await run({ folder }, 'hosts', 'plan', '--release', first, '--host', 'p2');
    expect(onHost.stdout).toContain(`and activates release ${shown}.`);
    const deployed = await run({ folder }, 'deploy', '--release', first, '--watch', '0s', '--yes');
    expect(deployed).toMatchObject({ exitCode: 0 });
    expect(await plan(first, ...withoutStack)).toMatchObject({ exitCode: 0 });
  });

  test('a stack whose hand edits cannot be detected is not one without any', async () => {
    // moto detects no drift.
    const found = await plan(first, '--detailed-exitcode');
    expect(found.stdout).toContain('\nHand edits of the stack are not all detected: ');
    expect(found.stdout).toMatch(
      /\nNo changes, and no hand edits of the hosts; those of the stack are unknown\.\n$/,
    );
    expect([found.exitCode, found.stderr]).toEqual([
      2,
      expect.stringContaining('there may be hand edits of the stack: allow what drift'),
    ]);
    expect(await runJson({ folder }, 'plan', '--release', first)).toMatchObject({
      ...{ differs: false, handEdits: 0, handEditsUnknown: true },
    });
  });

  test('shows the lines of configuration files, the changes of the stack, and hand edits', async () => {
    const edit = { subject: '/etc/nginx/nginx.conf', found: 'another file', expected: 'link' };
    hosts.edit('p2', [edit]);
    writeFileSync(join(folder, 'Shop.json'), JSON.stringify(queue(60)));
    const { exitCode, stdout, stderr } = await plan(second, '--detailed-exitcode');
    expect([exitCode, stderr]).toEqual([
      2,
      'fairlead: there are changes or hand edits\n  [ERR_CLI_PLAN_DIFFERS]\n',
    ]);
    expect(stdout).toMatch(/^root@p2 +[0-9a-f]{12} +get .*, and the release$/m);
    expect(stdout).toMatch(
      /^Edited by hand: root@p2\nsubject .*\n\/etc\/nginx\/nginx\.conf +another file +link$/m,
    );
    // Both hosts have the same changes of files.
    expect(stdout).toContain('\nConfiguration on root@p1, root@p2\n');
    expect(stdout).toMatch(/^~ \/etc\/nginx\/nginx\.conf$/m);
    expect(stdout).toMatch(/^ {4}- .*proxy_read_timeout .*$/m);
    expect(stdout).toMatch(/^ {4}\+ .*proxy_read_timeout .*$/m);
    expect(stdout).toMatch(/^~ AWS::SQS::Queue Jobs/m);
    expect(stdout).toMatch(
      /^Plan: 2 hosts to update, \d+ configuration files?, 1 change of the stack, 1 hand edit; those of the stack are not all known\.$/m,
    );

    const json = await runJson({ folder }, 'plan', '--release', second);
    expect(json).toMatchObject({
      ...{ environment: 'production', hostsToUpdate: 2, stackChanges: 1, handEdits: 1 },
      differs: true,
      hosts: [
        { upToDate: false, handEdits: [] },
        { upToDate: false, handEdits: [edit] },
      ],
      stack: { method: 'change-set', changes: [{ action: 'modify', subject: 'Jobs' }] },
    });
  });

  afterEach(() => {
    hosts.edit('p2', []);
  });

  test('a long template is stored beside the releases, and compared by a change set', async () => {
    const s3 = s3Client(moto.endpoint);
    const bucket = await newBucket(s3);
    const config = readFileSync(join(folder, 'fairlead.config.ts'), 'utf8');
    const changed = config.replace(
      "stack: { name: 'Shop', template: 'Shop.json' }",
      `stack: { name: 'Shop', template: 'long.json' }, releaseStore: 's3://${bucket}/releases'`,
    );
    writeFileSync(join(folder, 'long.config.ts'), changed);
    const template = JSON.stringify({ ...queue(60), Description: 'x'.repeat(52_000) });
    writeFileSync(join(folder, 'long.json'), template);
    const found = await plan(first, '--config', 'long.config.ts');
    expect([found.exitCode, found.stdout]).toEqual([
      0,
      expect.stringContaining('\nStack Shop, by a change set\n~ AWS::SQS::Queue Jobs') as string,
    ]);
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: 'releases/templates/' }),
    );
    expect(Contents.map(({ Size }) => Size)).toEqual([template.length]);
    s3.destroy();
  });

  test('the stack is compared with a template of this machine, or left out', async () => {
    writeFileSync(join(folder, 'Shop.json'), JSON.stringify(queue(60)));
    const deployed = join(folder, 'deployed.json');
    writeFileSync(deployed, JSON.stringify(queue(10)));
    const file = await plan(first, '--deployed-template', deployed);
    expect(file.stdout).toContain(
      '\nStack Shop, by the templates\n~ AWS::SQS::Queue Jobs\n    Properties.VisibilityTimeout: 10 → 60\n',
    );
    expect(file.stdout).toContain(
      'Hand edits of the stack are not all detected: there is no account to compare with',
    );
    const without = await plan(first, '--without-stack', '--detailed-exitcode');
    expect([without.exitCode, without.stdout.includes('Stack')]).toEqual([0, false]);
  });

  test('a host that cannot be reached is shown, and fails the plan also when something differs', async () => {
    const other = simulateHosts(temporaryFolder());
    await other.install('p1', first);
    other.disconnect('p2');
    vi.stubEnv('PATH', other.path);
    const found = await plan(second, '--without-stack', '--detailed-exitcode');
    expect([found.exitCode, found.stdout]).toEqual([
      5,
      expect.stringMatching(/^root@p1 .*\nroot@p2 +– .*No route to host$/m) as string,
    ]);
    vi.stubEnv('PATH', hosts.path);
  });

  test.each([
    [['--detailed-exitcode', '--unknown'], 1],
    [['--unknown'], 2],
    [['--detailed-exitcode', '--release', 'missing.tar'], 1],
    [['--deployed-template', 'missing.json', '--detailed-exitcode'], 1],
  ])(
    '%j ends with %i: with --detailed-exitcode, 2 means changes only',
    async (options, exitCode) => {
      expect((await run({ folder }, 'plan', ...options)).exitCode).toBe(exitCode);
    },
  );
});

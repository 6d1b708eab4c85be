import {
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { canBootFleet, exposePort, startFleet, type Fleet } from '@fairlead/fleet';
import {
  awsTestConnection,
  defaultVpc,
  newBucket,
  s3Client,
  startAutoScaling,
  startMoto,
  startSystemsManager,
  type AutoScalingServer,
  type MotoServer,
  type RunScript,
  type SystemsManager,
} from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bin } from '../support/bin.ts';
import { hostProject } from '../support/host-project.ts';
import { runScriptOnHost } from '../support/run-script-on-host.ts';

const INSTANCES = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];
const [FIRST = '', SECOND = ''] = INSTANCES;
const PARAMETER = '/shop/release';

describe.skipIf(!canBootFleet())('hosts of Systems Manager behind a target group', () => {
  let fleet: Fleet;
  let moto: MotoServer;
  let manager: SystemsManager;
  let scaling: AutoScalingServer;
  /** Called before a script runs on an instance. */
  let onScript: (script: string) => void = () => undefined;
  let elb: ElasticLoadBalancingV2Client;
  let arn: string;
  let bucket: string;
  let environment: readonly string[];

  beforeAll(async () => {
    fleet = await startFleet({ hosts: INSTANCES.length });
    moto = await startMoto();
    bucket = await newBucket(s3Client(moto.endpoint));
    elb = new ElasticLoadBalancingV2Client({ ...awsTestConnection, endpoint: moto.endpoint });
    const { TargetGroups: [group] = [] } = await elb.send(
      new CreateTargetGroupCommand({
        ...{ Name: 'shop', Protocol: 'HTTP', Port: 80, TargetType: 'ip' },
        VpcId: await defaultVpc(moto.endpoint),
      }),
    );
    arn = group?.TargetGroupArn ?? '';
    manager = await startSystemsManager(
      Object.fromEntries(INSTANCES.map((id, index) => [id, onHost(index)])),
    );
    scaling = await startAutoScaling({ name: 'shop', instances: [] });
    const autoScaling = await exposePort(fleet, scaling.port);
    const aws = await exposePort(fleet, moto.port);
    const ssm = await exposePort(fleet, manager.port);
    environment = [
      `AWS_ENDPOINT_URL=${aws.url}`,
      `AWS_ENDPOINT_URL_SSM=${ssm.url}`,
      `AWS_ENDPOINT_URL_AUTO_SCALING=${autoScaling.url}`,
      `AWS_REGION=${awsTestConnection.region}`,
      `AWS_ACCESS_KEY_ID=${awsTestConnection.credentials.accessKeyId}`,
      `AWS_SECRET_ACCESS_KEY=${awsTestConnection.credentials.secretAccessKey}`,
    ];
  });

  afterAll(async () => {
    elb.destroy();
    await fleet.close();
    await scaling.close();
    await manager.close();
    await moto.stop();
  });

  const onHost =
    (index: number): RunScript =>
    (script, timeoutMs) => {
      onScript(script);
      return runScriptOnHost(fleet.host(`h${index + 1}`), script, timeoutMs);
    };
  const project = (version: number): string => {
    const hosts = INSTANCES.map(
      (id, index) => `{ url: 'ssm://${id}', target: '${fleet.hosts[index]?.address ?? ''}' }`,
    );
    return hostProject({
      environment: `hosts: [${hosts.join(', ')}],
    ssm: { bucket: '${bucket}' },
    balancer: { kind: 'target-group', arn: '${arn}' }`,
      version,
    });
  };
  /** A project whose hosts are the instances of the Auto Scaling group. */
  const groupProject = (version: number): string =>
    hostProject({
      environment: `hosts: { autoScalingGroup: 'shop', startTimeoutMs: 60_000 },
    ssm: { bucket: '${bucket}' },
    releaseStore: 's3://${bucket}/releases',
    stack: { name: 'Shop', releaseParameter: '${PARAMETER}' }`,
      version,
    });
  /** Runs `fairlead` in the network of the fleet, from which the hosts' addresses of AWS are reached. */
  const fairlead = (folder: string, ...args: readonly string[]) =>
    fleet.run(['env', '-C', folder, ...environment, ...bin, ...args], {
      mayFail: true,
      timeoutMs: 300_000,
    });
  const versions = (): Promise<readonly unknown[]> =>
    Promise.all(
      fleet.hosts.map(async (host) => {
        const { stdout } = await host.run(['curl', '-sS', 'http://127.0.0.1/v2/models/m/infer']);
        return (JSON.parse(stdout) as { readonly version: number }).version;
      }),
    );
  const targets = async (): Promise<readonly unknown[]> => {
    const { TargetHealthDescriptions: found = [] } = await elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
    );
    return found.map(({ Target, TargetHealth }) => [Target?.Id, TargetHealth?.State]).toSorted();
  };

  test('get a release, one after the other, and return to the one before', async () => {
    const first = project(1);
    const healthy = fleet.hosts.map(({ address }) => [address, 'healthy']).toSorted();
    const deployed = await fairlead(first, 'deploy', '--yes', '--watch', '1s');
    expect([deployed.exitCode, deployed.stdout]).toEqual([
      0,
      expect.stringMatching(/^Release [0-9a-f]{12} runs on 2 hosts of production\.\n$/) as string,
    ]);
    expect([await versions(), await targets()]).toEqual([[1, 1], healthy]);

    const next = project(2);
    const second = await fairlead(next, 'deploy', '--yes', '--watch', '1s', '--json');
    expect([second.exitCode, second.stderr.includes('error')]).toEqual([0, false]);
    const lines = second.stdout.trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      type: 'result',
      outcome: 'activated',
      hosts: INSTANCES.map((id) => ({ host: `ssm://${id}`, outcome: 'activated' })),
    });
    expect(lines.filter((line) => line.includes('"step":"drain"'))).toHaveLength(2);
    expect([await versions(), await targets()]).toEqual([[2, 2], healthy]);

    const status = await fairlead(first, 'hosts', 'status');
    expect([status.exitCode, status.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(INSTANCES.join('[^]*'))) as string,
    ]);
    const exec = await fairlead(first, 'hosts', 'exec', 'production', '--', 'hostname');
    expect([exec.exitCode, exec.stdout]).toEqual([0, expect.stringMatching(/h1[^]*h2/) as string]);
    // The audit log of the first project doesn't have the second release.
    const back = await fairlead(next, 'rollback', '--yes');
    expect(back.exitCode, back.stderr).toBe(0);
    expect([await versions(), await targets()]).toEqual([[1, 1], healthy]);
  });

  test('a command for one host reaches this host only, and its exit code is reported', async () => {
    const marker = `/root/marker-${Date.now()}`;
    const script = `touch ${marker}; hostname; exit 7`;
    const run = (...options: readonly string[]) =>
      fairlead(
        project(1),
        ...['hosts', 'exec', 'production', '--host', `ssm://${FIRST}`, ...options],
        ...['--', 'sh', '-c', script],
      );
    const named = await run();
    expect([named.exitCode, named.stdout.trim()]).toEqual([1, 'h1']);
    expect(named.stderr).toContain(`exit code than 0: ssm://${FIRST} 7`);
    const json = await run('--json');
    expect([json.exitCode, (JSON.parse(json.stdout) as { hosts: unknown }).hosts]).toEqual([
      1,
      [expect.objectContaining({ host: `ssm://${FIRST}`, exitCode: 7, stdout: 'h1\n' })],
    ]);
    const found: (number | undefined)[] = [];
    for (const host of fleet.hosts) {
      const { exitCode } = await host.run(['test', '-e', marker], { mayFail: true });
      found.push(exitCode);
    }
    expect(found).toEqual([0, 1]);
  });

  test('of an Auto Scaling group get a release also when they start during the deployment, and return to the one before', async () => {
    const third = groupProject(3);
    scaling.group.instances = [{ id: FIRST }];
    onScript = (script) => {
      if (script.includes("'activate'")) {
        scaling.group.instances = [{ id: FIRST }, { id: SECOND }];
      }
    };
    const deployed = await fairlead(third, 'deploy', '--yes', '--watch', '1s');
    onScript = () => undefined;
    expect([deployed.exitCode, deployed.stdout]).toEqual([
      0,
      expect.stringMatching(/^Release [0-9a-f]{12} runs on 2 hosts of production\.\n$/) as string,
    ]);
    expect(deployed.stderr).toContain(`1 instance started during the rollout: ${SECOND}`);
    expect(await versions()).toEqual([3, 3]);
    const digest = manager.parameters.get(PARAMETER) ?? '';

    const fourth = await fairlead(groupProject(4), 'deploy', '--yes', '--watch', '1s');
    expect([fourth.exitCode, await versions()]).toEqual([0, [4, 4]]);
    // As after a first boot, which has only one release.
    const [, host] = fleet.hosts;
    const state = '/var/lib/fairlead-deploy/state.json';
    const forget = `sed -i 's/"history":\\["\\([0-9a-f]*\\)".*\\]/"history":["\\1"]/' ${state}; rm -rf /opt/fairlead/releases/${digest}`;
    await host?.run(['sh', '-c', forget]);
    const back = await fairlead(third, 'rollback', '--yes');
    expect([back.exitCode, back.stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect([await versions(), manager.parameters.get(PARAMETER)]).toEqual([[3, 3], digest]);
    const { stdout } = (await host?.run(['cat', state])) ?? { stdout: '{}' };
    expect(JSON.parse(stdout)).toMatchObject({ history: [digest] });
  });
});

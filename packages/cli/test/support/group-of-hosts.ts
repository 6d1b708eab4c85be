import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  awsTestConnection,
  defaultVpc,
  newBucket,
  s3Client,
  startAutoScaling,
  startMoto,
  startSystemsManager,
  type AutoScalingServer,
  type InstanceOfTest,
  type SystemsManager,
} from '@fairlead/test-support';
import { runOnSimulatedHost } from './ci-place.ts';
import { simulateHosts, type SimulatedHosts } from './simulated-hosts.ts';
import { smallNode } from './small-node.ts';

/** Name of the group, and of the parameter with the release of new hosts. */
export const GROUP = 'Shop-Hosts';
export const PARAMETER = '/shop/prod/release';

/** IDs of the instances that a test may start. */
export const ids = [0, 1, 2, 3, 4, 5].map((index) => `i-0123456789abcdef${index}`) as [
  string,
  ...string[],
];

/** An Auto Scaling group whose instances are simulated hosts behind a target group. */
export interface GroupOfHosts {
  readonly scaling: AutoScalingServer;
  readonly manager: SystemsManager;
  readonly hosts: SimulatedHosts;
  readonly bucket: string;
  readonly targetGroupArn: string;
  /** Target group for gRPC, which the Auto Scaling group is in too when a test says so. */
  readonly grpcGroupArn: string;
  /** Variables of a command. */
  readonly env: Readonly<Record<string, string>>;
  /** Called with the instance and the script of each command, before it runs. */
  onScript: (id: string, script: string) => void | Promise<void>;
  /** Returns the targets that get requests. */
  targets(arn?: string): Promise<readonly string[]>;
  /** Sets the instances of the group. */
  setInstances(...instances: readonly (string | InstanceOfTest)[]): void;
  close(): Promise<void>;
}

/** Starts moto for buckets and the target group, and servers of Systems Manager and EC2 Auto Scaling, which moto imitates too little. */
export async function startGroupOfHosts(): Promise<GroupOfHosts> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-group-'));
  const hosts = simulateHosts(folder);
  const ssh = join(folder, 'bin/ssh');
  const moto = await startMoto();
  const s3 = s3Client(moto.endpoint);
  const bucket = await newBucket(s3);
  s3.destroy();
  const elb = new ElasticLoadBalancingV2Client({ ...awsTestConnection, endpoint: moto.endpoint });
  const targetGroup = async (Name: string, Port: number): Promise<string> => {
    const { TargetGroups: [created] = [] } = await elb.send(
      new CreateTargetGroupCommand({
        ...{ Name, Port, Protocol: 'HTTP', TargetType: 'instance' },
        VpcId: await defaultVpc(moto.endpoint),
      }),
    );
    return created?.TargetGroupArn ?? '';
  };
  const targetGroupArn = await targetGroup('shop', 80);
  const grpcGroupArn = await targetGroup('shop-grpc', 81);
  const manager = await startSystemsManager(
    Object.fromEntries(
      ids.map((id) => [
        id,
        async (script: string, timeoutMs: number) => {
          await place.onScript(id, script);
          return runOnSimulatedHost(ssh, id)(script, timeoutMs);
        },
      ]),
    ),
  );
  const scaling = await startAutoScaling({
    ...{ name: GROUP, instances: [], targetGroupArns: [targetGroupArn] },
  });
  const { accessKeyId, secretAccessKey } = awsTestConnection.credentials;
  const place: GroupOfHosts = {
    ...{ scaling, manager, hosts, bucket, targetGroupArn, grpcGroupArn },
    env: {
      PATH: hosts.path,
      XDG_CACHE_HOME: smallNode(join(folder, 'cache')),
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_ENDPOINT_URL_SSM: manager.endpoint,
      AWS_ENDPOINT_URL_AUTO_SCALING: scaling.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: awsTestConnection.region,
      AWS_MAX_ATTEMPTS: '1',
    },
    onScript: () => undefined,
    async targets(arn = targetGroupArn) {
      const { TargetHealthDescriptions: found = [] } = await elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
      );
      return found.map(({ Target }) => Target?.Id ?? '').toSorted();
    },
    setInstances(...instances) {
      scaling.group.instances = instances.map((each) =>
        typeof each === 'string' ? { id: each } : each,
      );
    },
    async close() {
      elb.destroy();
      await scaling.close();
      await manager.close();
      await moto.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return place;
}

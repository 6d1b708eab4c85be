import { join } from 'node:path';

import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createGateway, readSettings } from '@fairlead/gateway';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { readPlan, RolloutLog } from '@fairlead/rollout';
import {
  awsTestConnection,
  httpCall,
  onnxModel,
  s3Client,
  startMoto,
  temporaryFolder,
  until,
} from '@fairlead/test-support';
import { App, Stack } from 'aws-cdk-lib';
import type { CfnPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { expect, it, onTestFinished, vi } from 'vitest';

import { CiRole, ContainerService, JobQueues, Storage } from '@fairlead/deploy-cdk';
import { startRecordingProxy, type RecordedRequest } from '../support/recording-proxy.ts';
import { containerProps, deploymentOf } from '../support/sample-containers.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const by = { actor: 'test' };
const account = '123456789012';
const { region, credentials } = awsTestConnection;
const queueUrl = `https://sqs.${region}.amazonaws.com/${account}/shop-jobs`;
const queueArn = `arn:aws:sqs:${region}:${account}:shop-jobs`;
const tensor = { datatype: 'FP32', shape: [-1, 2] } as const;
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

/** Permissions that hosts need after an hour or a day, or for long jobs. */
const rarelyUsed = [
  // Verdicts on drift.
  's3:PutObject arn:aws:s3:::acme-models/prod/drift/*',
  // Counts of rollouts, when they are summed up.
  's3:DeleteObject arn:aws:s3:::acme-models/prod/rollouts/*/counts/*',
  // Captured requests at the end of their retention, and labels that are replaced.
  's3:GetObject arn:aws:s3:::acme-captures/prod/*',
  's3:DeleteObject arn:aws:s3:::acme-captures/prod/*',
  // Leases of jobs that run for longer than a third of one.
  `sqs:ChangeMessageVisibility ${queueArn}`,
];

/** Permission of a role: an action on the resources that a pattern matches. */
interface Permission {
  readonly action: string;
  readonly resource: string;
}

const environment = { FAIRLEAD_JOBS_QUEUE_URL: queueUrl };

/** Permissions of hosts, from the statements of the parts. */
function hostPermissions(): readonly Permission[] {
  const stack = new Stack(new App(), 'Shop', { env: { region, account } });
  const deployment = storedDeployment(environment);
  const parts = [
    new Storage(stack, 'Storage', { deployment }),
    new JobQueues(stack, 'Queue', { deployment }),
  ];
  return permissionsOf(
    stack,
    parts.flatMap(({ statements }) => statements),
  );
}

/** Permissions of a pipeline that pushes and promotes models. */
function pipelinePermissions(): readonly Permission[] {
  const stack = new Stack(new App(), 'Shop', { env: { region, account } });
  const github = { repository: 'acme/shop', environment: 'models' };
  const options = { github, permissions: ['models'] } as const;
  const deployment = storedDeployment(environment);
  return permissionsOf(stack, new CiRole(stack, 'CiRole', { deployment, options }).statements);
}

/** Permissions of tasks, from the policy of their role. */
function taskPermissions(): readonly Permission[] {
  const app = new App();
  const stack = new Stack(app, 'Tasks', { env: { region, account } });
  const { FAIRLEAD_CLOUDWATCH_NAMESPACE: _, ...settings } = storedDeployment().gateway.environment;
  const deployment = deploymentOf({ ...settings, ...environment });
  const storageStack = new Stack(app, 'Storage', { env: { region, account } });
  const storage = new Storage(storageStack, 'Storage', { deployment, hasReleases: false });
  const options = containerProps({ deployment, storage, queue: {} });
  const { taskRole } = new ContainerService(stack, 'Service', options);
  const policy = taskRole.node.findChild('DefaultPolicy').node.defaultChild as CfnPolicy;
  const { Statement } = stack.resolve(policy.policyDocument) as {
    readonly Statement: readonly { Action: string | string[]; Resource: unknown }[];
  };
  return Statement.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) =>
      [Resource].flat().map((resource) => ({
        action,
        resource: flat(resource).replace('${AWS::Partition}', 'aws'),
      })),
    ),
  );
}

function permissionsOf(stack: Stack, statements: readonly PolicyStatement[]): Permission[] {
  return statements.flatMap(({ actions, resources }) =>
    actions.flatMap((action) =>
      resources.map((resource) => ({
        action,
        resource: flat(stack.resolve(resource)).replace('${AWS::Partition}', 'aws'),
      })),
    ),
  );
}

function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': parts, Ref } = value as { 'Fn::Join'?: [string, unknown[]]; Ref?: string };
  if (parts !== undefined) return parts[1].map(flat).join(parts[0]);
  return Ref === undefined ? JSON.stringify(value) : `\${${Ref}}`;
}

function allows({ action, resource }: Permission, request: RecordedRequest): boolean {
  const [begin = '', ...rest] = resource.split('*');
  if (action !== request.action || !request.resource.startsWith(begin)) return false;
  let at = begin.length;
  for (const part of rest) {
    const found = request.resource.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return resource.endsWith('*') || at === request.resource.length;
}

async function startAws() {
  const moto = await startMoto();
  const proxy = await startRecordingProxy(moto.port, queueArn);
  const variables = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: moto.endpoint,
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const s3 = s3Client(moto.endpoint);
  const sqs = new SQSClient({ endpoint: moto.endpoint, ...awsTestConnection });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    s3.destroy();
    sqs.destroy();
    proxy.stop();
    await moto.stop();
  });
  for (const bucket of ['acme-models', 'acme-captures', 'acme-jobs']) {
    await fetch(`${moto.endpoint}/${bucket}`, { method: 'PUT' });
  }
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'shop-jobs' }));
  return { moto, proxy, jobsUrl: QueueUrl };
}

/** Pushes two versions and starts a rollout, as an operator does, whose requests aren't those of hosts. */
async function fillRegistry(): Promise<RolloutLog> {
  const store = await openStore('s3://acme-models/prod');
  const registry = new ModelRegistry({ store });
  for (const file of ['affine', 'affine-next'] as const) {
    await registry.push({
      ...{ model: 'affine', runtime: { name: 'onnx' }, ...by },
      signature: { inputs: [{ name: 'x', ...tensor }], outputs: [{ name: 'y', ...tensor }] },
      files: { 'model.onnx': onnxModel(file) },
    });
  }
  await registry.setAlias('affine', 'champion', 1, by);
  const log = new RolloutLog({ objects: store, model: 'affine' });
  const plan = readPlan({
    ...{ baseline: '1', candidate: '2' },
    steps: [{ share: 0.5, minMinutes: 0.01, minRequests: 200 }],
    guardrails: { failures: { tolerated: 0.1 } },
  });
  await log.start(plan, { ...by, reason: 'a test' });
  return log;
}

/** Requests that no permission allows, and permissions that no request needs. */
function compare(permissions: readonly Permission[], requests: readonly RecordedRequest[]) {
  const isAllowed = (request: RecordedRequest) =>
    permissions.some((permission) => allows(permission, request));
  const isUsed = (permission: Permission) =>
    requests.some((request) => allows(permission, request));
  return {
    denied: requests.filter((request) => !isAllowed(request)),
    unused: permissions
      .filter((permission) => !isUsed(permission))
      .map(({ action, resource }) => `${action} ${resource}`)
      // Backups and releases are the agent's, which has tests of its requests; keys are used by S3.
      .filter((text) => !/acme-backups|Storage/.test(text)),
  };
}

it('a gateway with rollout, windows, captures, labels and jobs needs the permissions of hosts and of tasks, and each of them', async () => {
  const { moto, proxy, jobsUrl } = await startAws();
  const log = await fillRegistry();
  vi.stubEnv('AWS_ENDPOINT_URL', proxy.endpoint);
  const { FAIRLEAD_CLOUDWATCH_NAMESPACE: _, ...variables } = storedDeployment().gateway.environment;
  const settings = readSettings({
    ...variables,
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_WARM_UP_MS: '0',
    FAIRLEAD_POLL_INTERVAL_MS: '100',
    FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id',
    FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS: '300',
    FAIRLEAD_STATE_FOLDER: join(temporaryFolder(), 'state'),
    FAIRLEAD_WINDOWS_SLOT_MS: '1000',
    FAIRLEAD_CAPTURE_SHARE: '1',
    FAIRLEAD_JOBS_QUEUE_URL: jobsUrl.replace(moto.endpoint, proxy.endpoint),
  });
  const gateway = await createGateway(settings, { log: { write: () => undefined } });
  await gateway.loaded;
  const bound = gateway.server.address();
  const address = { port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 };
  const infer = async (headers: Record<string, string>) =>
    httpCall(address, '/v2/models/affine/infer', { body, headers });

  const accepted = await infer({ prefer: 'respond-async' });
  expect(accepted.status).toBe(202);
  const { url } = JSON.parse(accepted.body) as { readonly url: string };
  await until(async () => (await httpCall(address, url)).body.includes('"succeeded"'));
  let user = 0;
  await until(async () => {
    for (const end = user + 200; user < end; user += 1) {
      const { status } = await infer({ 'x-user-id': `user-${user}`, 'x-request-id': `id-${user}` });
      expect(status).toBe(200);
    }
    return (await log.latest())?.status === 'ended';
  });
  const labels = { labels: [{ request_id: 'id-1', row: 0, label: 1 }] };
  const labeled = await httpCall(address, '/v2/models/affine/labels', { body: labels });
  expect(labeled.status).toBe(200);
  await gateway.close();

  for (const permissions of [hostPermissions(), taskPermissions()]) {
    const { denied, unused } = compare(permissions, proxy.requests);
    expect(denied).toEqual([]);
    expect(rarelyUsed).toEqual(expect.arrayContaining(unused));
  }
}, 300_000);

it('a pipeline that pushes, promotes and rolls out models needs the permissions of its role only', async () => {
  const { proxy } = await startAws();
  vi.stubEnv('AWS_ENDPOINT_URL', proxy.endpoint);
  await fillRegistry();
  const permissions = pipelinePermissions();
  const denied = proxy.requests.filter(
    (request) => !permissions.some((permission) => allows(permission, request)),
  );
  expect(denied).toEqual([]);
  const used = new Set(proxy.requests.map(({ action }) => action));
  expect([...used].toSorted()).toEqual([
    's3:DeleteObject',
    's3:GetObject',
    's3:ListBucket',
    's3:ListBucketMultipartUploads',
    's3:PutObject',
  ]);
}, 300_000);

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { buildRelease, readRelease, renderUserData } from '@fairlead/deploy';
import { defineDeployment } from '@fairlead/deploy-config';
import { canBootFleet, cloudUrl, exposePort, startCloud, startFleet } from '@fairlead/fleet';
import { awsTestConnection, onnxModel, temporaryFolder } from '@fairlead/test-support';
import { describe, expect, it } from 'vitest';

import { bucketsTemplate, commandsBelow, emptyAccount, type Account } from '../support/account.ts';

const root = resolve(import.meta.dirname, '../../../..');
const { region } = awsTestConnection;
/** Port of AWS in the network of the hosts of both accounts, because the release has its address. */
const AWS_PORT = 5_000;
const awsUrl = `http://10.77.0.1:${AWS_PORT}`;
/** The model of the test is y = 2 x + 1. */
const request = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [0, 2] }] };
const outputs = [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [1, 5] }];

/** Hosts of the account that is lost, and of the next one: models in S3, secrets in Parameter Store. */
const deployment = defineDeployment({
  name: 'shop',
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9, automaticUpdates: false },
  layout: 'host',
  nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'shop', secretsFile: '/etc/shop/gateway.env' },
    environment: {
      FAIRLEAD_REGISTRY: 's3://acme-models/prod',
      FAIRLEAD_KEYS_FILE: '/etc/shop/keys.json',
      // Of what the test has in place of AWS.
      AWS_ENDPOINT_URL: awsUrl,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: cloudUrl,
      AWS_REGION: region,
    },
  },
  secrets: [
    {
      ...{ name: 'pepper', from: { ssmParameter: '/shop/pepper' } },
      ...{ path: '/etc/shop/gateway.env', variable: 'FAIRLEAD_PEPPER' },
    },
    { name: 'keys', from: { ssmParameter: '/shop/keys' }, path: '/etc/shop/keys.json' },
    { name: 'check-key', from: { ssmParameter: '/shop/check-key' }, path: '/etc/shop/check.key' },
  ],
});

/** Stores the secrets of the deployment in an account, from the files of a place. */
async function putSecrets(account: Account, folder: string): Promise<void> {
  for (const name of ['pepper', 'keys', 'check-key']) {
    const value = readFileSync(join(folder, name), 'utf8').replaceAll(/\s/g, '');
    await account.run(
      `aws ssm put-parameter --name /shop/${name} --type SecureString --value ${value}`,
    );
  }
}

/** Boots a host of an account by the user data alone, and returns its answer to the request. */
async function answerOfNewHost(port: number, release: string, key: string): Promise<unknown> {
  const { digest } = await readRelease(release);
  const variables = [
    `"AWS_EC2_METADATA_SERVICE_ENDPOINT=${cloudUrl}"`,
    `"AWS_ENDPOINT_URL=${awsUrl}"`,
    `"AWS_REGION=${region}"`,
  ];
  const object = { bucket: 'acme-releases', key: `releases/archives/${digest}.tar` };
  const userData = await renderUserData({
    release,
    packages: [],
    source: { ...object, region, endpoint: awsUrl },
  });
  await using fleet = await startFleet({ boot: false });
  await startCloud(fleet);
  await exposePort(fleet, port, AWS_PORT);
  const host = fleet.host('h1');
  await host.setUserData(
    userData.replace('"runcmd":[["python3"', `"runcmd":[["env",${variables.join(',')},"python3"`),
  );
  await host.boot({ acceptFailedUnits: true, timeoutMs: 300_000 });
  await host.run(['cloud-init', 'status', '--wait'], { mayFail: true, timeoutMs: 300_000 });
  const log = await host.readFile('/var/log/fairlead-first-boot.log');
  expect(log).toContain('activated');
  const { stdout } = await fleet.run([
    ...[
      'curl',
      '-sS',
      '-H',
      `authorization: Bearer ${key}`,
      '-H',
      'content-type: application/json',
    ],
    ...['-d', JSON.stringify(request), `http://${host.address}/v2/models/churn/infer`],
  ]);
  return JSON.parse(stdout);
}

describe.skipIf(!canBootFleet())('a service whose account is lost', () => {
  it('answers as before from a host of an empty account, with backup, release and secrets alone', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'recovery'));
    copyFileSync(onnxModel('affine-next'), join(folder, 'first.onnx'));
    copyFileSync(onnxModel('affine'), join(folder, 'second.onnx'));
    writeFileSync(join(folder, 'pepper'), 'p'.repeat(40));
    const stack = bucketsTemplate();
    const { path, digest } = await buildRelease({
      deployment,
      entry: join(root, 'apps/gateway/src/main.ts'),
      platform: process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64',
      conditions: ['@fairlead/source'],
      out: folder,
      checks: [{ path: '/v2/models/churn/infer', body: request, expected: { outputs } }],
      checkKeyFile: '/etc/shop/check.key',
      readyTimeoutMs: 60_000,
    });

    const lost = await emptyAccount(folder);
    await lost.account.createStack(stack);
    const registry = '--registry s3://acme-models/prod';
    const store = `--bucket acme-releases --key releases/archives/${digest}.tar --body ${path}`;
    for (const line of [
      `fairlead model push churn first.onnx ${registry}`,
      `fairlead model push churn second.onnx ${registry}`,
      `fairlead model promote churn 2 ${registry}`,
      `aws s3api put-object ${store}`,
    ]) {
      await lost.account.run(line);
    }
    const created = await lost.account.output(
      'fairlead key create --client gate --scope infer:* --keys-file keys --pepper-file pepper',
    );
    const key = created.trim();
    writeFileSync(join(folder, 'check-key'), key);
    await putSecrets(lost.account, folder);
    const before = await answerOfNewHost(lost.port, path, key);
    expect(before).toMatchObject({ model_version: '2', outputs });
    for (const line of commandsBelow('What has to be elsewhere', digest)) {
      await lost.account.run(line);
    }
    await lost.drop();

    const begin = performance.now();
    const { account, port } = await emptyAccount(folder);
    await account.createStack(stack);
    for (const heading of ['Restore the models', 'Restore the releases']) {
      for (const line of commandsBelow(heading, digest)) await account.run(line);
    }
    await putSecrets(account, folder);
    const restored = performance.now();
    // Of the release in recovery, which was downloaded from the account before its loss.
    const after = await answerOfNewHost(port, join(folder, `recovery/${digest}.tar`), key);
    expect({ ...(after as object), id: undefined }).toEqual({
      ...(before as object),
      id: undefined,
    });
    const seconds = (from: number, to: number) => `${((to - from) / 1_000).toFixed(0)} s`;
    console.log(
      `models, release and secrets ${seconds(begin, restored)}, host ${seconds(restored, performance.now())}`,
    );
  });
});

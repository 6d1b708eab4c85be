import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  awsTestConnection,
  newBucket,
  s3Client,
  startMoto,
  type MotoServer,
} from '@fairlead/test-support';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';
import { simulateHosts, type SimulatedHosts } from '../support/simulated-hosts.ts';
import { smallNode } from '../support/small-node.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAME = '/shop/prod/release';

let moto: MotoServer;
let ssm: SSMClient;
let bucket = '';

/** Actions that the proxy of AWS refuses, and those that it got. */
let denied: readonly string[] = [];
let actions: string[] = [];
const proxy = createServer((request, response) => {
  void (async () => {
    const body = await text(request);
    const target = String(request.headers['x-amz-target'] ?? '').replace('AmazonSSM.', '');
    const action = target || (new URLSearchParams(body).get('Action') ?? '');
    actions.push(action);
    if (denied.includes(action)) {
      response.writeHead(400).end('{"__type":"AccessDeniedException"}');
      return;
    }
    const headers = new Headers();
    for (const name of ['authorization', 'content-type', 'x-amz-target', 'x-amz-date']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const answer = await fetch(moto.endpoint, { method: 'POST', headers, body });
    response.writeHead(answer.status).end(await answer.text());
  })();
});

beforeAll(async () => {
  moto = await startMoto();
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const s3 = s3Client(moto.endpoint);
  bucket = await newBucket(s3);
  s3.destroy();
  ssm = new SSMClient({ ...awsTestConnection, endpoint: moto.endpoint });
});

afterAll(async () => {
  ssm.destroy();
  proxy.close();
  proxy.closeAllConnections();
  await moto.stop();
});

let hosts: SimulatedHosts;

beforeEach(() => {
  hosts = simulateHosts(temporaryFolder());
  vi.stubEnv('PATH', hosts.path);
  vi.stubEnv('XDG_CACHE_HOME', smallNode(temporaryFolder()));
  denied = [];
  actions = [];
  vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
  const { port } = proxy.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', awsTestConnection.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsTestConnection.credentials.secretAccessKey);
  vi.stubEnv('AWS_REGION', awsTestConnection.region);
});

const parameter = async (): Promise<string | undefined> =>
  (await ssm.send(new GetParameterCommand({ Name: NAME }))).Parameter?.Value;

/** A project whose environment has the parameter. */
const project = (version: number): string =>
  hostProject({
    version,
    environment: `hosts: ['ssh://root@p1', 'ssh://root@p2'], releaseStore: 's3://${bucket}/releases', stack: { name: 'Shop', region: '${awsTestConnection.region}', releaseParameter: '${NAME}' }`,
  });

async function build(folder: string): Promise<{ readonly path: string; readonly digest: string }> {
  const built = await runJson({ folder }, 'release', 'build', '--out', 'dist');
  return { path: String(built.path), digest: String(built.digest) };
}

const QUICK = ['--watch', '0s', '--yes'];

test('a deployment and a rollback name the release that new hosts start with, whose archive is where they read it', async () => {
  const [one, two] = [project(1), project(2)];
  const first = await build(one);
  const second = await build(two);
  const deployed = await run({ folder: one }, 'deploy', '--release', first.path, ...QUICK);
  expect(deployed).toMatchObject({ exitCode: 0 });
  expect(await parameter()).toBe(first.digest);
  await run({ folder: two }, 'deploy', '--release', second.path, ...QUICK);
  expect(await parameter()).toBe(second.digest);
  // The key that ModelService reads by default.
  const s3 = s3Client(moto.endpoint);
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const Key = `releases/archives/${second.digest}.tar`;
  await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
  s3.destroy();
  const back = await run({ folder: two }, 'rollback', '--yes');
  expect(back).toMatchObject({ exitCode: 0 });
  expect([await parameter(), hosts.current('p1')]).toEqual([first.digest, first.digest]);
});

test('a release that fails its gate changes nothing for new hosts', async () => {
  const before = await parameter();
  const folder = project(3);
  const { path } = await build(folder);
  hosts.breakGate('p2');
  expect((await run({ folder }, 'deploy', '--release', path, ...QUICK)).exitCode).not.toBe(0);
  expect(await parameter()).toBe(before);
});

test('a parameter that cannot be written is an error, and the next deployment writes it', async () => {
  const folder = project(4);
  const { path, digest } = await build(folder);
  const deploy = () => run({ folder }, 'deploy', '--release', path, ...QUICK);
  denied = ['PutParameter'];
  const failed = await deploy();
  expect(failed.exitCode).not.toBe(0);
  expect(failed.stderr).toContain(`The parameter ${NAME} can't be written`);
  expect(hosts.current('p2')).toBe(digest);
  denied = [];
  expect(await deploy()).toMatchObject({ exitCode: 0 });
  expect(await parameter()).toBe(digest);
});

test('no host changes when the parameter cannot be read', async () => {
  const folder = project(9);
  const { path } = await build(folder);
  denied = ['GetParameter'];
  for (const command of [
    ['deploy', '--release', path, ...QUICK],
    ['rollback', '--yes'],
  ]) {
    const failed = await run({ folder }, ...command);
    expect([failed.exitCode, failed.stderr]).toEqual([
      5,
      expect.stringContaining(`The parameter ${NAME} can't be read`),
    ]);
  }
  expect([hosts.commands('p1'), hosts.commands('p2')]).toEqual(['', '']);
});

test('the token of a pipeline is exchanged once, at the start of a command: it may expire before the end', async () => {
  const folder = project(10);
  const { path, digest } = await build(folder);
  const token = join(temporaryFolder(), 'token');
  writeFileSync(token, 'header.payload.sig');
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', token);
  vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/shop');
  expect(await run({ folder }, 'deploy', '--release', path, ...QUICK)).toMatchObject({
    exitCode: 0,
  });
  // The release store has a separate client, which is used at the start too.
  const exchange = 'AssumeRoleWithWebIdentity';
  expect(actions).toEqual([
    ...[exchange, exchange, 'GetParameter', 'GetParameter', 'PutParameter'],
  ]);
  vi.unstubAllEnvs();
  expect(await parameter()).toBe(digest);
});

test('a rollback whose parameter could not be written is finished by its release, not by a second rollback', async () => {
  const folder = project(7);
  const releases = [await build(project(5)), await build(project(6)), await build(folder)];
  for (const { path } of releases) await run({ folder }, 'deploy', '--release', path, ...QUICK);
  const [oldest, before] = releases.map(({ digest }) => digest) as [string, string];
  denied = ['PutParameter'];
  const failed = await run({ folder }, 'rollback', '--yes');
  expect(failed.stderr).toContain(`fairlead rollback --to ${before.slice(0, 12)}`);
  denied = [];
  const status = await run({ folder }, 'hosts', 'status');
  const finish = `fairlead rollback production --to ${before.slice(0, 12)}`;
  expect(status.stdout).toContain(`which no host has: ${finish} writes`);
  const again = await run({ folder }, 'rollback', '--yes');
  expect([again.exitCode, again.stderr]).toEqual([
    5,
    expect.stringContaining(`${finish} keeps theirs`),
  ]);
  expect([hosts.current('p1'), hosts.current('p2')]).toEqual([before, before]);
  const finished = await run({ folder }, 'rollback', '--to', before.slice(0, 12), '--yes');
  expect(finished).toMatchObject({ exitCode: 0 });
  expect([await parameter(), hosts.current('p1'), hosts.current('p2')]).toEqual([
    before,
    before,
    before,
  ]);
  expect((await run({ folder }, 'hosts', 'status')).stdout).not.toContain('New hosts');
  const further = await run({ folder }, 'rollback', '--yes');
  expect(further).toMatchObject({ exitCode: 0 });
  expect([await parameter(), hosts.current('p1')]).toEqual([oldest, oldest]);
  const unknown = await run({ folder }, 'rollback', '--to', '0123456789', '--yes');
  expect([unknown.exitCode, unknown.stderr]).toEqual([
    4,
    expect.stringContaining('has no release 0123456789'),
  ]);
});

test('plan and hosts status show that new hosts would start with another release', async () => {
  const folder = project(8);
  const { path, digest } = await build(folder);
  await run({ folder }, 'deploy', '--release', path, ...QUICK);
  const [short, other] = [digest.slice(0, 12), 'b'.repeat(64)];
  const plan = (...options: readonly string[]) =>
    run({ folder }, 'plan', '--release', path, '--detailed-exitcode', ...options);
  mkdirSync(join(folder, 'cdk.out'));
  writeFileSync(join(folder, 'cdk.out/Shop.template.json'), '{ "Resources": {} }');
  expect((await run({ folder }, 'hosts', 'status')).stdout).not.toContain('New hosts');
  expect((await plan()).stdout).toContain(`\nNew hosts start with release ${short}, by ${NAME}\n`);

  // As after a deployment that was killed before it wrote the parameter.
  await ssm.send(
    new PutParameterCommand({ Name: NAME, Value: other, Type: 'String', Overwrite: true }),
  );
  expect((await run({ folder }, 'hosts', 'status')).stdout).toContain(
    `\nNew hosts start with release bbbbbbbbbbbb, by ${NAME}, which no host has: fairlead deploy production --release ${short} `,
  );
  expect((await run({ folder }, 'hosts', 'status', '--host', 'p1')).stdout).not.toContain(
    'New hosts',
  );
  hosts.disconnect('p2');
  expect((await run({ folder }, 'hosts', 'status')).stdout).not.toContain('New hosts');
  hosts.reconnect('p2');
  const found = await plan();
  expect(found.exitCode).toBe(2);
  expect(found.stdout).toContain(
    `\nNew hosts start with release bbbbbbbbbbbb → ${short}, by ${NAME}\n`,
  );
  expect(found.stdout).toMatch(/\nPlan: 0 hosts to update, .*, 1 parameter, .*\n$/);
  expect(await runJson({ folder }, 'plan', '--release', path)).toMatchObject({
    ...{ differs: true, parameterChanges: 1, newHosts: { parameter: NAME, release: other } },
  });
  expect(await plan('--without-stack')).toMatchObject({ exitCode: 0 });

  // The hosts are shown without the right to read it.
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  const status = await run({ folder }, 'hosts', 'status');
  expect([status.exitCode, status.stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^root@p1 +${short} `, 'm')) as string,
  ]);
  expect(status.stderr).toContain(`The parameter ${NAME} can't be read`);
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { smallNode } from '../support/small-node.ts';

interface Built {
  readonly folder: string;
  readonly path: string;
  readonly digest: string;
}

/** Program in place of `npx cdk`: notes its working folder, arguments and variables, and ends with the code of the file `code`. */
const PROGRAM = `const { appendFileSync, readFileSync } = require('node:fs');
const { FAIRLEAD_ENVIRONMENT: name, FAIRLEAD_RELEASE: path, FAIRLEAD_RELEASE_DIGEST: digest } = process.env;
const bytes = readFileSync(path).length;
appendFileSync('calls', JSON.stringify({ args: process.argv.slice(2), name, bytes, digest }) + '\\n');
console.log('Shop | UPDATE_IN_PROGRESS');
console.error('1/3');
process.exit(Number(readFileSync('code', 'utf8')));
`;

let moto: MotoServer;
let bucket: string;
let first: Built;
let second: Built;

beforeAll(async () => {
  moto = await startMoto();
  vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
  vi.stubEnv('AWS_REGION', awsTestConnection.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', awsTestConnection.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsTestConnection.credentials.secretAccessKey);
  vi.stubEnv('XDG_CACHE_HOME', smallNode(temporaryCache()));
  const s3 = s3Client(moto.endpoint);
  bucket = await newBucket(s3);
  s3.destroy();
  [first, second] = [await build(1), await build(2)];
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await moto.stop();
});

beforeEach(() => {
  for (const { folder } of [first, second]) {
    writeFileSync(join(folder, 'code'), '0');
    writeFileSync(join(folder, 'calls'), '');
  }
});

/** Outlasts the tests, as the releases do. */
function temporaryCache(): string {
  return join(hostProject({ environment: "hosts: ['local']" }), 'cache');
}

async function build(version: number, more = ''): Promise<Built> {
  const folder = hostProject({
    version,
    environment: `hosts: { autoScalingGroup: 'shop' }, ssm: { bucket: '${bucket}' }, releaseStore: 's3://${bucket}/releases',
      stack: { name: 'Shop', command: ['node', 'deploy.cjs', 'Shop', 'a b'] }${more}`,
  });
  writeFileSync(join(folder, 'deploy.cjs'), PROGRAM);
  const built = await runJson({ folder }, 'release', 'build', '--out', 'dist');
  return { folder, path: String(built.path), digest: String(built.digest) };
}

const fairlead = ({ folder }: Built, ...args: readonly string[]) => run({ folder }, ...args);
const calls = ({ folder }: Built): readonly unknown[] =>
  readFileSync(join(folder, 'calls'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
const deploy = (built: Built, ...options: readonly string[]) =>
  fairlead(built, 'deploy', '--release', built.path, '--yes', ...options);

async function audit({ folder }: Built): Promise<readonly unknown[]> {
  const { entries } = (await runJson({ folder }, 'audit', 'production')) as {
    readonly entries: readonly Readonly<Record<string, string>>[];
  };
  return entries
    .filter(({ phase }) => phase === 'finished')
    .map(({ command, release, outcome }) => [command, release, outcome]);
}

test('deploy runs the command with the release, which a rollback returns to', async () => {
  const call = (built: Built) => ({
    ...{ args: ['Shop', 'a b'], name: 'production', digest: built.digest },
    bytes: readFileSync(built.path).length,
  });
  const dry = await deploy(first, '--dry-run');
  expect([dry.exitCode, dry.stdout]).toEqual([
    0,
    expect.stringContaining(
      `Would deploy release ${first.digest.slice(0, 12)} to production by node deploy.cjs`,
    ),
  ]);
  expect(calls(first)).toEqual([]);
  const found = await deploy(first, '--json');
  expect(found).toMatchObject({ exitCode: 0 });
  // Output of the command is no part of the result.
  expect(JSON.parse(found.stdout)).toEqual({
    ...{ type: 'result', outcome: 'activated' },
    ...{ release: first.digest, environment: 'production' },
  });
  expect(found.stderr).toContain('Shop | UPDATE_IN_PROGRESS\n');
  expect(found.stderr).toContain('1/3\n');
  expect(calls(first)).toEqual([call(first)]);
  const none = await fairlead(first, 'rollback', '--yes');
  expect([none.exitCode, none.stderr]).toEqual([
    2,
    expect.stringContaining('has no release before'),
  ]);

  expect((await deploy(second)).stdout).toBe(
    `Release ${second.digest.slice(0, 12)} runs in production.\n`,
  );
  const back = await fairlead(second, 'rollback', '--yes');
  expect(back).toMatchObject({ exitCode: 0 });
  // From the store: the archive of the first project isn't in this one.
  expect(calls(second)).toEqual([call(second), call(first)]);
  expect(await audit(second)).toEqual([
    ['deploy', first.digest, 'activated'],
    ['deploy', second.digest, 'activated'],
    ['rollback', first.digest, 'activated'],
  ]);
});

test('a command that fails deploys no release, and the next rollback names one', async () => {
  await deploy(first);
  writeFileSync(join(second.folder, 'code'), '3');
  const failed = await deploy(second);
  expect([failed.exitCode, failed.stderr]).toEqual([
    1,
    expect.stringContaining(`node ended with exit code 3, so that release`),
  ]);
  const back = await fairlead(first, 'rollback', '--yes');
  expect([back.exitCode, back.stderr]).toEqual([
    2,
    expect.stringMatching(/that failed or was not finished: name the release/) as string,
  ]);
  const to = await fairlead(first, 'rollback', '--to', first.digest.slice(0, 12), '--yes');
  expect(to).toMatchObject({ exitCode: 0 });
});

test('a command that cannot be started is named, and is no change', async () => {
  await deploy(first);
  await deploy(second);
  const config = join(first.folder, 'fairlead.config.ts');
  const other = join(first.folder, 'other.config.ts');
  writeFileSync(other, readFileSync(config, 'utf8').replace("'node', 'dep", "'no-such', 'dep"));
  const { exitCode, stderr } = await deploy(first, '--config', other);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining(`stack.command of "production" can't be started: spawn no-such`),
  ]);
  expect(await fairlead(first, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
});

test('a release that has not passed the environment before is refused before the command runs', async () => {
  const config = join(first.folder, 'fairlead.config.ts');
  const other = join(first.folder, 'promoted.config.ts');
  const text = readFileSync(config, 'utf8');
  const staging = "staging: { hosts: ['ssh://root@s1'], release: { entry: 'service.ts' },";
  const store = `releaseStore: 's3://${bucket}/releases' },`;
  writeFileSync(
    other,
    text.replace('production: {', `${staging} ${store} production: { promoteFrom: 'staging',`),
  );
  const { exitCode, stderr } = await run(
    { folder: first.folder },
    ...['deploy', 'production', '--release', first.path, '--yes', '--config', other],
  );
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('[ERR_DEPLOY_NOT_PROMOTED]')]);
  expect(calls(first)).toEqual([]);
});

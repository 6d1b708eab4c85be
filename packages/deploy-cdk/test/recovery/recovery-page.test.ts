import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import {
  awsTestConnection,
  onnxModel,
  s3Client,
  startMoto,
  temporaryFolder,
} from '@fairlead/test-support';
import { App, BootstraplessSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { expect, it, onTestFinished } from 'vitest';

import { Storage } from '@fairlead/deploy-cdk';
import { storedDeployment } from '../support/stored-deployment.ts';

const root = resolve(import.meta.dirname, '../../../..');
const python = join(root, '.venv/bin/python');
const page = readFileSync(join(root, 'docs/recovery.md'), 'utf8');
const execute = promisify(execFile);
/** Release of the account that is lost. */
const digest = 'd'.repeat(64);
/** Key of its archive, which hosts download. */
const archive = `releases/archives/${digest}.tar`;

/** Runs the commands of a place: `fairlead` of the sources, and `aws` by the SDK for Python. */
class Account {
  readonly client: S3Client;
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(folder: string, endpoint: string) {
    this.#folder = folder;
    this.client = s3Client(endpoint);
    const { region, credentials } = awsTestConnection;
    this.#environment = {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      HOME: folder,
      FAIRLEAD_ACTOR: 'ada',
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
  }

  /** Runs a command line, and returns how long it took, in milliseconds. */
  async run(line: string): Promise<number> {
    const [program = '', ...args] = line.split(' ');
    if (program === 'aws') return this.#execute(python, [support('aws-command.py'), ...args]);
    expect(program).toBe('fairlead');
    const bin = join(root, 'packages/cli/src/bin.ts');
    return this.#execute(process.execPath, ['--conditions=@fairlead/source', bin, ...args]);
  }

  /** Creates the buckets of a template, as `cdk deploy` does. */
  createStack(template: string): Promise<number> {
    return this.#execute(python, [support('create-stack.py'), 'ShopStorage', template]);
  }

  async #execute(program: string, args: readonly string[]): Promise<number> {
    const begin = performance.now();
    await execute(program, args, { cwd: this.#folder, env: { ...this.#environment } });
    return performance.now() - begin;
  }

  /** Contents of a bucket by key. */
  async contents(Bucket: string): Promise<ReadonlyMap<string, string>> {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket }));
    const contents = new Map<string, string>();
    for (const { Key = '' } of Contents) {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket, Key }));
      contents.set(Key, (await Body?.transformToString('base64')) ?? '');
    }
    return contents;
  }
}

function support(file: string): string {
  return resolve(import.meta.dirname, '../support', file);
}

/** Command lines below a heading of the page. */
function commandsBelow(heading: string): readonly string[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  const commands = [...text.matchAll(/^\$ (.+)$/gm)].map(([, command = '']) =>
    command.replaceAll('<digest>', digest),
  );
  expect(commands).not.toEqual([]);
  return commands;
}

function template(): string {
  const outdir = temporaryFolder();
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'ShopStorage', {
    synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer,
  });
  const options = { releaseBucketName: 'acme-releases' };
  new Storage(stack, 'Storage', { deployment: storedDeployment(), options });
  app.synth();
  return join(outdir, 'ShopStorage.template.json');
}

/** Starts an empty account; the returned function drops it with everything in it. */
async function emptyAccount(folder: string) {
  const moto = await startMoto();
  const account = new Account(folder, moto.endpoint);
  let isStopped = false;
  const drop = async () => {
    if (isStopped) return;
    isStopped = true;
    account.client.destroy();
    await moto.stop();
  };
  onTestFinished(drop);
  return { account, drop };
}

async function fill(account: Account, folder: string): Promise<void> {
  copyFileSync(onnxModel('affine'), join(folder, 'first.onnx'));
  copyFileSync(onnxModel('affine-next'), join(folder, 'second.onnx'));
  writeFileSync(join(folder, 'built.tar'), Buffer.alloc(1_000_000, 'release'));
  const registry = '--registry s3://acme-models/prod';
  for (const line of [
    `fairlead model push churn first.onnx ${registry}`,
    `fairlead model push churn second.onnx ${registry}`,
    `fairlead model promote churn 1 ${registry}`,
    `fairlead model promote churn 2 ${registry}`,
    `aws s3api put-object --bucket acme-releases --key ${archive} --body built.tar`,
  ]) {
    await account.run(line);
  }
}

it('the commands of docs/recovery.md restore every object into an empty account', async () => {
  const folder = temporaryFolder();
  const stack = template();
  const lost = await emptyAccount(folder);
  await lost.account.createStack(stack);
  await fill(lost.account, folder);
  const times: Record<string, number> = {};
  const run = async (name: string, account: Account, heading: string) => {
    times[name] = 0;
    for (const line of commandsBelow(heading)) times[name] += await account.run(line);
  };
  await execute('mkdir', ['recovery'], { cwd: folder });
  await run('backup', lost.account, 'What has to be elsewhere');
  const before = {
    models: await lost.account.contents('acme-models'),
    releases: await lost.account.contents('acme-releases'),
  };
  expect(before.models.size).toBeGreaterThanOrEqual(8);
  await lost.drop();

  const { account } = await emptyAccount(folder);
  await expect(account.contents('acme-models')).rejects.toThrow('bucket');
  times.stack = await account.createStack(stack);
  await run('models', account, 'Restore the models');
  await run('releases', account, 'Restore the releases');
  expect(await account.contents('acme-models')).toEqual(before.models);
  expect(await account.contents('acme-releases')).toEqual(before.releases);
  const seconds = Object.entries(times).map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`);
  console.log(`recovery: ${seconds.join(', ')}`);
}, 600_000);

it('each command line of docs/recovery.md is run by a test', () => {
  const sections = [
    ...['What has to be elsewhere', 'Restore the models', 'Restore the releases'],
    // By recovery-volume.test.ts.
    'Restore a volume',
  ];
  const all = [...page.matchAll(/^\$ (.+)$/gm)].map(([, command]) => command);
  const run = sections.flatMap((heading) => {
    const [, section = ''] = page.split(`## ${heading}\n`);
    return [...(section.split('\n## ')[0] ?? '').matchAll(/^\$ (.+)$/gm)].map(([, line]) => line);
  });
  expect(run).toEqual(all);
});

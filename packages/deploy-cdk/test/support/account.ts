import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { awsTestConnection, s3Client, startMoto, temporaryFolder } from '@fairlead/test-support';
import { App, BootstraplessSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { expect, onTestFinished } from 'vitest';

import { Storage } from '@fairlead/deploy-cdk';
import { storedDeployment } from './stored-deployment.ts';

const root = resolve(import.meta.dirname, '../../../..');
const python = join(root, '.venv/bin/python');
const page = readFileSync(join(root, 'docs/recovery.md'), 'utf8');
const execute = promisify(execFile);

/** An account of AWS, with the commands of a place: `fairlead` of the sources, and `aws` by the SDK for Python. */
export class Account {
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
    const begin = performance.now();
    await this.output(line);
    return performance.now() - begin;
  }

  /** Runs a command line, and returns its output. */
  async output(line: string): Promise<string> {
    const [program = '', ...args] = line.split(' ');
    if (program === 'aws') return this.#execute(python, [support('aws-command.py'), ...args]);
    expect(program).toBe('fairlead');
    const bin = join(root, 'packages/cli/src/bin.ts');
    return this.#execute(process.execPath, ['--conditions=@fairlead/source', bin, ...args]);
  }

  /** Creates the buckets of a template, as `cdk deploy` does; returns how long it took, in milliseconds. */
  async createStack(template: string): Promise<number> {
    const begin = performance.now();
    await this.#execute(python, [support('create-stack.py'), 'ShopStorage', template]);
    return performance.now() - begin;
  }

  async #execute(program: string, args: readonly string[]): Promise<string> {
    const options = { cwd: this.#folder, env: { ...this.#environment } };
    return (await execute(program, args, options)).stdout;
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
  return resolve(import.meta.dirname, file);
}

/** Command lines below a heading of docs/recovery.md, for the release with a digest. */
export function commandsBelow(heading: string, digest: string): readonly string[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  const commands = [...text.matchAll(/^\$ (.+)$/gm)].map(([, command = '']) =>
    command.replaceAll('<digest>', digest),
  );
  expect(commands).not.toEqual([]);
  return commands;
}

/** Synthesizes the stack of the buckets, and returns the path of its template. */
export function bucketsTemplate(): string {
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

/** Starts an empty account; `drop` drops it with everything in it. */
export async function emptyAccount(folder: string) {
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
  return { account, drop, port: moto.port };
}

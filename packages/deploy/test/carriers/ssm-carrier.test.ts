import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  awsTestConnection,
  newBucket,
  runScriptHere,
  s3Client,
  startMoto,
  startSystemsManager,
  type MotoServer,
  type SystemsManager,
} from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Carrier } from '../../src/index.ts';
import { ssmCarrier, type SsmCarrierOptions } from '../../src/ssm.ts';

const INSTANCE = 'i-0123456789abcdef0';
const SILENT_INSTANCE = 'i-00000000000000000';

describe('a carrier by Systems Manager', () => {
  let moto: MotoServer;
  let s3: S3Client;
  let bucket: string;
  let manager: SystemsManager;
  let ssm: SSMClient;
  let carrier: Carrier;
  const carrierOf = (options: Partial<SsmCarrierOptions> = {}): Carrier =>
    ssmCarrier({
      ...{ instanceId: INSTANCE, ssm, s3, bucket, pollMs: 20 },
      ...options,
    });
  const objects = async (): Promise<number> =>
    (await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount ?? 0;

  beforeAll(async () => {
    moto = await startMoto();
    s3 = s3Client(moto.endpoint);
    bucket = await newBucket(s3);
    manager = await startSystemsManager({
      [INSTANCE]: runScriptHere,
      [SILENT_INSTANCE]: 'silent',
    });
    ssm = new SSMClient({ ...awsTestConnection, endpoint: manager.endpoint, maxAttempts: 1 });
    carrier = carrierOf();
  });

  afterAll(async () => {
    ssm.destroy();
    await manager.close();
    await moto.stop();
  });

  it('reads no more than 64 MiB that a host prints', async () => {
    const script = 'head -c 67108865 /dev/zero | tr "\\0" x';
    const result = await carrier.run(['sh', '-c', script]);
    expect([result.code, result.stdout]).toEqual([255, '']);
    expect(result.stderr).toContain('the host printed 67108865 bytes, more than 67108864');
    expect(await objects()).toBe(0);
  });

  it('runs a program with arguments that no shell interprets, standard input and the exit code', async () => {
    const words = ['a b', "it's", '$HOME', '`id`', '"; exit 9 #', '*', '', 'ä\nb'];
    const script = 'cat; printf "%s|" "$@"; echo error >&2; exit 7';
    const result = await carrier.run(['sh', '-c', script, 'sh', ...words], { stdin: 'input\n' });
    expect(result).toEqual({
      code: 7,
      stdout: `input\n${words.map((word) => `${word}|`).join('')}`,
      stderr: 'error\n',
    });
    expect(await objects()).toBe(0);
  });

  it('carries a stream of bytes, and an output that is longer than Systems Manager returns', async () => {
    const bytes = randomBytes(3_000_000);
    const chunks = Array.from({ length: 30 }, (_, at) =>
      bytes.subarray(at * 100_000, (at + 1) * 100_000),
    );
    const digest = createHash('sha256').update(bytes).digest('hex');
    const sum = await carrier.run(['sha256sum'], { stdin: Readable.from(chunks) });
    expect(sum).toEqual({ code: 0, stdout: `${digest}  -\n`, stderr: '' });

    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    const long = await carrier.run(['seq', '50000'], { onLine });
    expect(long.stdout).toBe(`${lines.join('\n')}\n`);
    expect(lines).toEqual(Array.from({ length: 50_000 }, (_, at) => String(at + 1)));
    const failed = await carrier.run(['sh', '-c', 'seq 50000; echo late >&2; exit 3']);
    expect(failed).toEqual({ code: 3, stdout: long.stdout, stderr: 'late\n' });
    expect(await objects()).toBe(0);
  });

  it('gives the host addresses that S3 accepts for every content', async () => {
    await carrier.run(['true'], { stdin: 'x' });
    const addresses = manager.scripts.at(-1)?.match(/http[^']+/g) ?? [];
    expect(addresses).toHaveLength(2);
    for (const address of addresses) {
      const url = new URL(address);
      // S3 rejects a body whose checksum isn't that of the address.
      expect([...url.searchParams.keys()].filter((name) => /checksum-(?!mode)/.test(name))).toEqual(
        [],
      );
      expect(Number(url.searchParams.get('X-Amz-Expires'))).toBe(660);
    }
  });

  it('is done with a short command long before the longest pause between two questions', async () => {
    const begin = performance.now();
    const result = await carrierOf({ pollMs: 8_000 }).run(['echo', 'done']);
    expect(result.stdout).toBe('done\n');
    expect(performance.now() - begin).toBeLessThan(6_000);
  });

  it('ends a command after its time', async () => {
    const result = await carrier.run(['sleep', '60'], { timeoutMs: 1_000 });
    expect(result).toMatchObject({ code: 137, stderr: 'Systems Manager: Execution Timed Out' });
  });

  it.each([
    [
      'is not managed',
      { instanceId: 'i-11111111111111111' },
      /not managed by Systems Manager.*AmazonSSMManagedInstanceCore/,
    ],
    ['does not answer', { instanceId: SILENT_INSTANCE }, /^Systems Manager: Delivery Timed Out$/],
    ['has no bucket', { bucket: 'missing-bucket' }, /^NoSuchBucket: /],
  ])('returns 255 and the reason when the instance %s', async (_, options, reason) => {
    const { code, stdout, stderr } = await carrierOf(options).run(['true'], { stdin: 'x' });
    expect([code, stdout]).toEqual([255, '']);
    expect(stderr).toMatch(reason);
  });

  it('rejects arguments that are longer than Systems Manager allows', async () => {
    const { code, stderr } = await carrier.run(['true', 'x'.repeat(61_000)]);
    expect([code, stderr]).toEqual([126, expect.stringContaining('longer than') as string]);
  });

  it('sends the document and the parameters that AWS knows', async () => {
    const ssm = new SSMClient({ endpoint: moto.endpoint, ...awsTestConnection });
    expect(await carrierOf({ ssm }).run(['true'])).toEqual({ code: 0, stdout: '', stderr: '' });
    const { Commands = [] } = await ssm.send(new ListCommandsCommand({ InstanceId: INSTANCE }));
    expect(Commands).toMatchObject([
      {
        DocumentName: 'AWS-RunShellScript',
        InstanceIds: [INSTANCE],
        Parameters: {
          commands: [expect.stringMatching(/^set -u\n/) as string],
          executionTimeout: ['600'],
        },
      },
    ]);
  });

  it.each([
    { instanceId: 'i-1; reboot' },
    { instanceId: '' },
    { bucket: '' },
    { prefix: '' },
    { pollMs: 0 },
    { ssm: JSON.parse('{}') as SSMClient },
  ])('rejects the option %j', (options) => {
    expect(() => carrierOf(options)).toThrow(
      expect.objectContaining({ code: 'ERR_DEPLOY_INVALID_OPTION' }),
    );
  });
});

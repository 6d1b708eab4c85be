import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';

import {
  eventually,
  freePort,
  newBucket,
  onnxModel,
  readTree,
  s3Client,
  slowness,
  startMoto,
  startRedis,
  startSystemsManager,
  undocumentedExports,
  temporaryFolder,
  until,
} from '../src/index.ts';
import { Random } from '../src/random.ts';

describe('until', () => {
  test('undefined, false and errors are no value yet; the first value is returned', async () => {
    let calls = 0;
    const value = await until(() => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      if (calls === 2) return false;
      return calls === 3 ? undefined : 0;
    });
    expect({ value, calls }).toEqual({ value: 0, calls: 4 });
  });

  test('the last error is the cause when the time is over', async () => {
    const cause = new Error('refused');
    const read = () => Promise.reject(cause);
    await expect(until(read, 30)).rejects.toMatchObject({ message: /within 30 ms/, cause });
  });
});

describe('eventually', () => {
  test('an error repeats the check, and nothing else does', async () => {
    let calls = 0;
    const check = (): boolean => {
      calls += 1;
      if (calls < 3) throw new Error('not yet');
      return false;
    };
    await expect(eventually(check)).resolves.toBe(false);
    expect(calls).toBe(3);
  });

  test('the last error is thrown when the time is over', async () => {
    const check = (): void => {
      throw new Error('expected 1 to be 2');
    };
    await expect(eventually(check, 30)).rejects.toThrow('expected 1 to be 2');
  });
});

test('a free port can be listened on', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect((server.address() as AddressInfo).port).toBe(port);
});

describe('temporaryFolder', () => {
  let folder: string;

  test('creates a folder that every account may read', () => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  test('the folder is removed, with its files, when the test ends', () => {
    expect(folder).not.toBe('');
    expect(existsSync(folder)).toBe(false);
  });
});

test('an exported function without an example is listed, with or without a comment', () => {
  const folder = temporaryFolder();
  const entry = { '@fairlead/source': './src/index.ts' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ exports: { '.': entry } }));
  mkdirSync(join(folder, 'src'));
  const example = '/**\n * Example.\n * @example\n * ```ts\n * a();\n * ```\n */\n';
  writeFileSync(
    join(folder, 'src/a.ts'),
    `${example}export function a() {}\n/** No example. */\nexport const b = 1;\nexport class C {}\n`,
  );
  writeFileSync(
    join(folder, 'src/index.ts'),
    "export { a, b, C } from './a.ts';\nexport type { D } from './a.ts';\n",
  );
  expect(undocumentedExports(pathToFileURL(`${folder}/`))).toEqual(['C', 'b']);
});

test('readTree reads files below folders, without what is being written', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'models/iris.json'), '{}');
  writeFileSync(join(folder, '.tmp-1'), 'x');
  expect(readTree(folder)).toEqual({ 'models/iris.json': '{}' });
});

test('a model is found by its name, and a wrong name is an error at once', () => {
  expect(basename(onnxModel('affine'))).toBe('affine.onnx');
  expect(existsSync(onnxModel('einsum/branches'))).toBe(true);
  expect(() => onnxModel('afine')).toThrow(/no ONNX model "afine"/);
});

test('moto answers S3, with a bucket of another name each time', async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const client = s3Client(moto.endpoint);
  onTestFinished(() => {
    client.destroy();
  });
  const buckets = [await newBucket(client), await newBucket(client)];
  const { Buckets = [] } = await client.send(new ListBucketsCommand());
  expect(new Set(Buckets.map(({ Name }) => Name))).toEqual(new Set(buckets));
  expect(buckets[0]).not.toBe(buckets[1]);
});

test('Redis answers on its port, and no more after its end', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.kill());
  const ping = async (): Promise<string> => {
    const socket = createConnection(redis.port, '127.0.0.1').setEncoding('utf8');
    onTestFinished(() => void socket.destroy());
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [string];
    return answer;
  };
  await expect(ping()).resolves.toBe('+PONG\r\n');
  await redis.kill();
  await expect(ping()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a second Redis on a taken port is an error with its log', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.kill());
  await expect(startRedis(redis.port)).rejects.toThrow(/redis-server ended with code 1:[^]*in use/);
});

test('a machine is never faster than a usual one, and the measurement is over soon', () => {
  const before = process.threadCpuUsage();
  const times = slowness();
  const { user, system } = process.threadCpuUsage(before);
  expect(times).toBeGreaterThanOrEqual(1);
  expect(times).toBeLessThan(1000);
  // Five rounds of 6.2 ms, and as much again until the loop is compiled.
  expect((user + system) / 1000).toBeLessThan(150 * times);
});

describe('Random', () => {
  test.each([
    [12, 0.01],
    [120, 0.1],
    [50, 0.9],
  ])('draws from %i trials with probability %f as often as the binomial distribution', (n, p) => {
    const random = new Random(n);
    const draws = Array.from({ length: 50_000 }, () => random.binomial(n, p));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt((n * p * (1 - p)) / draws.length));
    expect(variance / (n * p * (1 - p))).toBeCloseTo(1, 1);
    const none = draws.filter((draw) => draw === 0).length / draws.length;
    expect(Math.abs(none - (1 - p) ** n)).toBeLessThan(0.01);
    expect([random.binomial(n, 0), random.binomial(n, 1)]).toEqual([0, n]);
  });

  test.each([0.2, 1, 20])(
    'a gamma distribution of shape %f has that mean and variance',
    (shape) => {
      const random = new Random(7);
      const draws = Array.from({ length: 50_000 }, () => random.gamma(shape));
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
      expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / draws.length));
      expect(variance / shape).toBeGreaterThan(0.9);
      expect(variance / shape).toBeLessThan(1.1);
    },
  );
});

describe('startSystemsManager', () => {
  test.each([[[]], [['i-1', 'i-2']]])('a command for %j is refused', async (InstanceIds) => {
    const manager = await startSystemsManager({ 'i-1': 'silent', 'i-2': 'silent' });
    onTestFinished(() => manager.close());
    const answer = await fetch(manager.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSSM.SendCommand' },
      body: JSON.stringify({ InstanceIds, Parameters: { commands: ['true'] } }),
    });
    expect([answer.status, await answer.json(), manager.scripts]).toEqual([
      400,
      expect.objectContaining({ __type: 'ValidationException' }),
      [],
    ]);
  });
});

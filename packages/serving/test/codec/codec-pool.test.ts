import { until } from '@fairlead/test-support/polling';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { CodecPool, ServingError } from '@fairlead/serving';

const signature = { inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1] }], outputs: [] } as const;
const pool = new CodecPool({ threads: 2 });
afterAll(() => pool.close());

const bodyOf = (values: unknown): Buffer => Buffer.from(JSON.stringify({ instances: values }));

describe('what runs in another thread', () => {
  test('gives what it gives here, byte strings included', async () => {
    const { inputs, rows } = await pool.run('decodePredict', bodyOf(['é', '', 'ab']), signature);
    expect(rows).toBe(3);
    expect(inputs).toMatchObject([{ name: 'x', datatype: 'BYTES', shape: [3] }]);
    const texts = (inputs[0]?.data as readonly Uint8Array[]).map((each) =>
      String(Buffer.from(each)),
    );
    expect(texts).toEqual(['é', '', 'ab']);
  });

  test('leaves its arguments as they were, also those that share a buffer', async () => {
    const shared = Float32Array.of(1, 2, 3, 4);
    const outputs = [
      { name: 'a', datatype: 'FP32', shape: [2], data: shared.subarray(0, 2) },
      { name: 'b', datatype: 'FP32', shape: [2], data: shared.subarray(2) },
    ] as const;
    const bytes = await pool.run('encodePrediction', outputs, true);
    expect(String(bytes)).toBe('{"predictions":[{"a":1,"b":3},{"a":2,"b":4}]}');
    expect(shared).toEqual(Float32Array.of(1, 2, 3, 4));
    const body = bodyOf(['a']);
    await pool.run('decodePredict', body, signature);
    expect(body).toEqual(bodyOf(['a']));
  });

  test('throws the errors that it throws here', async () => {
    await expect(pool.run('decodePredict', bodyOf([]), signature)).rejects.toMatchObject({
      name: 'ServingError',
      code: 'ERR_SERVING_BAD_REQUEST',
      message: '"instances" must be a list that is not empty',
    });
    await expect(pool.run('decodePredict', bodyOf([['a'], 'b']), signature)).rejects.toMatchObject({
      name: 'SignatureError',
      code: 'ERR_SIGNATURE_TENSOR_INVALID',
    });
    await expect(
      pool.run('decodePredict', Buffer.from('{"instances":["a"],"instances":["b"]}'), signature),
    ).rejects.toMatchObject({ code: 'ERR_SIGNATURE_KEY_REPEATED' });
  });

  test('runs concurrently with others, in any order of ends', async () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      pool.run('decodePredict', bodyOf(Array.from({ length: index + 1 }, String)), signature),
    );
    const rows = (await Promise.all(many)).map((each) => each.rows);
    expect(rows).toEqual(rows.map((_, index) => index + 1));
  });
});

describe('what is too much', () => {
  const numbers = { ...signature, inputs: [{ name: 'x', datatype: 'FP64', shape: [-1] }] } as const;
  const large = bodyOf(Array.from({ length: 1_000_000 }, () => 0.1));

  test('waits for a thread, or is refused when as many wait as may', async () => {
    const small = new CodecPool({ threads: 1, maxQueued: 1 });
    onTestFinished(() => small.close());
    const running = small.run('decodePredict', large, numbers);
    const waiting = small.run('decodePredict', large, numbers);
    await expect(small.run('decodePredict', large, numbers)).rejects.toMatchObject({
      code: 'ERR_SERVING_OVERLOADED',
    });
    expect((await running).rows).toBe(1_000_000);
    expect((await waiting).rows).toBe(1_000_000);
    expect((await small.run('decodePredict', bodyOf([1]), numbers)).rows).toBe(1);
  });

  test('of one client waits for a thread in a part of the places, and others take turns with it', async () => {
    const shared = new CodecPool({ threads: 1, maxQueued: 8 });
    onTestFinished(() => shared.close());
    const ended: string[] = [];
    const run = async (client: string): Promise<void> => {
      await shared.forClient(client).run('decodePredict', large, numbers);
      ended.push(client);
    };
    const greedy = [run('a'), run('a'), run('a')];
    await expect(run('a')).rejects.toMatchObject({
      code: 'ERR_SERVING_CLIENT_LIMIT',
      message: expect.stringMatching(/^2 large bodies of this client wait/) as unknown,
    });
    await Promise.all([...greedy, run('b')]);
    expect(ended).toEqual(['a', 'a', 'b', 'a']);
  });

  test('of time ends its thread, and the next one is answered by another', async () => {
    const hurried = new CodecPool({ threads: 1, timeoutMs: 1 });
    onTestFinished(() => hurried.close());
    await expect(hurried.run('decodePredict', large, numbers)).rejects.toMatchObject({
      code: 'ERR_SERVING_DEADLINE_EXCEEDED',
    });
    const patient = new CodecPool({ threads: 1 });
    onTestFinished(() => patient.close());
    expect((await patient.run('decodePredict', large, numbers)).rows).toBe(1_000_000);
  });

  test('of memory is refused, and the process lives on', async () => {
    const narrow = new CodecPool({ threads: 1, maxHeapMebibytes: 24 });
    onTestFinished(() => narrow.close());
    const lists = bodyOf(Array.from({ length: 500_000 }, () => [0]));
    const refused = await narrow
      .run('decodePredict', lists, numbers)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ServingError);
    expect(refused).toMatchObject({ code: 'ERR_SERVING_BODY_TOO_LARGE' });
    expect((await narrow.run('decodePredict', bodyOf([1]), numbers)).rows).toBe(1);
  });
});

test('a closed pool refuses what comes and what waits', async () => {
  const closing = new CodecPool({ threads: 1 });
  const running = closing
    .run('decodePredict', bodyOf(['a']), signature)
    .catch((error: unknown) => error);
  const waiting = closing
    .run('decodePredict', bodyOf(['a']), signature)
    .catch((error: unknown) => error);
  await closing.close();
  expect(await waiting).toMatchObject({ code: 'ERR_SERVING_CLOSED' });
  expect(await running).toMatchObject({ code: 'ERR_SERVING_CLOSED' });
  await expect(closing.run('decodePredict', bodyOf(['a']), signature)).rejects.toMatchObject({
    code: 'ERR_SERVING_CLOSED',
  });
  await until(() => true);
});

test.each([
  { threads: 0 },
  { maxQueued: -1 },
  { maxQueuedPerClient: -1 },
  { timeoutMs: 1.5 },
  { maxHeapMebibytes: NaN },
])('%j is refused', (options) => {
  expect(() => new CodecPool(options)).toThrow(/must be a whole number/);
});

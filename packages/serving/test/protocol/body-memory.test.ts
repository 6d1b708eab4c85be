import { expect, test } from 'vitest';
import { BodyMemory } from '../../src/protocol/body-memory.ts';

test('bodies together take no more than the limit, and give back what they took', () => {
  const memory = new BodyMemory(100);
  const [first, second] = [memory.open(), memory.open()];
  first.resize(60);
  second.resize(40);
  expect(() => {
    second.resize(41);
  }).toThrow(/100 bytes, the limit/);
  expect([first.bytes, second.bytes, memory.used]).toEqual([60, 40, 100]);
  first.resize(10);
  second.resize(90);
  first.close();
  first.close();
  first.resize(50);
  expect(memory.used).toBe(90);
  second.close();
  expect(memory.used).toBe(0);
});

test('the bodies of one client take a quarter of the memory, and those of others the rest', () => {
  const memory = new BodyMemory(100);
  const [first, second, other, unknown] = [
    memory.open('a'),
    memory.open('a'),
    memory.open('b'),
    memory.open(),
  ];
  first.resize(20);
  second.resize(5);
  const over = (): void => {
    second.resize(6);
  };
  expect(over).toThrow(
    expect.objectContaining({
      code: 'ERR_SERVING_CLIENT_LIMIT',
      message: expect.stringContaining('more than 25 bytes, the limit of one client') as unknown,
    }),
  );
  expect([second.bytes, memory.used, memory.clients]).toEqual([5, 25, 2]);
  other.resize(25);
  unknown.resize(50);
  first.resize(10);
  unknown.resize(60);
  expect(over).toThrow(expect.objectContaining({ code: 'ERR_SERVING_OVERLOADED' }));
  unknown.close();
  second.resize(15);
  for (const account of [first, second, other]) account.close();
  first.close();
  expect([memory.used, memory.clients]).toEqual([0, 0]);
});

test('a client that becomes known later takes what its body holds, unless that exceeds its share', () => {
  const memory = new BodyMemory(100, { maxBytesPerClient: 30 });
  const [first, second] = [memory.open(), memory.open()];
  first.resize(20);
  second.resize(20);
  first.assign('a');
  expect(() => {
    second.assign('a');
  }).toThrow(expect.objectContaining({ code: 'ERR_SERVING_CLIENT_LIMIT' }));
  expect([first.bytes, second.bytes, memory.used]).toEqual([20, 0, 20]);
  second.resize(10);
  first.close();
  second.resize(30);
  second.close();
  expect([memory.used, memory.clients]).toEqual([0, 0]);
});

test.each([0, -1, 1.5, NaN])('%d is no limit of one client', (maxBytesPerClient) => {
  expect(() => new BodyMemory(1, { maxBytesPerClient })).toThrow(/maxBytesPerClient .* from 1/);
});

test.each([0, -1, 1.5, NaN])('%d is no limit', (maxBytes) => {
  expect(() => new BodyMemory(maxBytes)).toThrow(/whole number from 1/);
});

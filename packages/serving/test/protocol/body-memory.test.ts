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

test.each([0, -1, 1.5, NaN])('%d is no limit', (maxBytes) => {
  expect(() => new BodyMemory(maxBytes)).toThrow(/whole number from 1/);
});

import { expect, test } from 'vitest';
import { FairQueue } from '../../src/codec/fair-queue.ts';

test('clients take turns, and the items of one client keep their order', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'a4']) queue.push('a', item);
  queue.push(undefined, 'x1');
  queue.push('b', 'b1');
  queue.push('b', 'b2');
  expect([queue.size, queue.sizeOf('a'), queue.sizeOf('b'), queue.sizeOf('c')]).toEqual([
    7, 4, 2, 0,
  ]);
  const order = [queue.shift(), queue.shift(), queue.shift(), queue.shift()];
  queue.push('c', 'c1');
  while (queue.size > 0) order.push(queue.shift());
  expect(order).toEqual(['a1', 'x1', 'b1', 'a2', 'b2', 'a3', 'c1', 'a4']);
  expect(queue.shift()).toBeUndefined();
});

test('clear removes the items of every client', () => {
  const queue = new FairQueue<number>();
  queue.push('a', 1);
  queue.push('b', 2);
  expect(queue.clear()).toEqual([1, 2]);
  expect([queue.size, queue.shift()]).toEqual([0, undefined]);
});

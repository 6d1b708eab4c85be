import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Calls, type Port } from '../../src/processes/calls.ts';

/** Two ends of a channel; what one sends the other receives later. */
function channel(): readonly [Port, Port] {
  const ends = [new EventEmitter(), new EventEmitter()] as const;
  const end = (own: EventEmitter, other: EventEmitter): Port =>
    Object.assign(own, {
      send(message: object, callback: (error: Error | null) => void) {
        setImmediate(() => {
          other.emit('message', structuredClone(message));
          callback(null);
        });
        return true;
      },
    });
  return [end(ends[0], ends[1]), end(ends[1], ends[0])];
}

interface Own {
  double: (value: number) => number;
  fail: (reason: string) => never;
  wait: (payload: undefined) => Promise<void>;
}

const own: Own = {
  double: (value) => value * 2,
  fail: (reason) => {
    throw new Error(reason);
  },
  wait: () => new Promise(() => undefined),
};

describe('calls between processes', () => {
  test('are answered in both directions at the same time, each with its own answer', async () => {
    const [a, b] = channel();
    const here = new Calls<Own, Own>(a, own);
    const there = new Calls<Own, Own>(b, own);
    const answers = await Promise.all(
      [1, 2, 3].flatMap((value) => [
        here.call('double', value, 1000),
        there.call('double', value * 10, 1000),
      ]),
    );
    expect(answers).toEqual([2, 20, 4, 40, 6, 60]);
  });

  test('fail with the error of the other end, for a name that it does not know, and without an answer in time', async () => {
    const [a, b] = channel();
    const here = new Calls<Own, Own & { toString: () => string; missing: () => void }>(a, own);
    new Calls<Own, Own>(b, own);
    await expect(here.call('fail', 'no disk', 1000)).rejects.toThrow('no disk');
    for (const name of ['missing', 'toString'] as const) {
      await expect(here.call(name, undefined, 1000)).rejects.toThrow(`There is no call "${name}".`);
    }
    await expect(here.call('wait', undefined, 20)).rejects.toThrow(
      'did not answer "wait" within 20 ms',
    );
  });

  test('fail when the channel is closed, before and after', async () => {
    const [a, b] = channel();
    const here = new Calls<Own, Own>(a, own);
    new Calls<Own, Own>(b, own);
    const waiting = here.call('wait', undefined, 10_000);
    here.close('It has ended.');
    await expect(waiting).rejects.toThrow('It has ended.');
    await expect(here.call('double', 1, 1000)).rejects.toThrow('It has ended.');
  });

  test('other messages of the channel are ignored', async () => {
    const [a, b] = channel();
    const here = new Calls<Own, Own>(a, own);
    new Calls<Own, Own>(b, own);
    for (const message of [null, 'text', {}, { cmd: 'NODE_online' }, { answer: 99, result: 1 }]) {
      (b as unknown as EventEmitter).emit('message', message);
      (a as unknown as EventEmitter).emit('message', message);
    }
    expect(await here.call('double', 4, 1000)).toBe(8);
  });
});

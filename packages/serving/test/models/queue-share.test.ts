import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QueueShare } from '../../src/models/queue-share.ts';

const MAX_QUEUED = 512;

function filled(client: string, requests: number): QueueShare {
  const share = new QueueShare(MAX_QUEUED);
  for (let index = 0; index < requests; index++) share.enter(client);
  return share;
}

describe('the share of one client in a queue', () => {
  test('a client with half of the queue is rejected once half of it is taken, and others are not', () => {
    const share = filled('greedy', 256);
    expect(share.problem('greedy', 256)).toMatchObject({ code: 'ERR_SERVING_CLIENT_LIMIT' });
    expect(share.problem('greedy', 256)?.message).toContain('256 requests of this client');
    expect(share.problem('other', 256)).toBeUndefined();
  });

  test('a client may have more in flight while less than half of the queue is taken', () => {
    expect(filled('busy', 1000).problem('busy', 255)).toBeUndefined();
  });

  test('a queue of fewer than 4 places is not shared out', () => {
    const share = new QueueShare(3);
    for (let index = 0; index < 3; index++) share.enter('only');
    expect(share.problem('only', 3)).toBeUndefined();
  });

  test('an answered request makes room for another of the client', () => {
    const share = filled('greedy', 256);
    share.leave('greedy');
    expect(share.problem('greedy', 256)).toBeUndefined();
  });

  test('nothing of a client is left once its requests are answered', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 50 }), (clients) => {
        const share = new QueueShare(MAX_QUEUED);
        for (const client of clients) share.enter(client);
        for (const client of clients.toReversed()) share.leave(client);
        expect(share.clients).toBe(0);
      }),
    );
  });
});

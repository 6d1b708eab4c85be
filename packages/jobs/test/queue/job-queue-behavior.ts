import { afterEach, describe, expect, test } from 'vitest';
import type { JobLease, JobOutcome, JobQueue, NewJob, WebhookLease } from '@fairlead/jobs';
import { until } from '@fairlead/test-support';

/** Options of a queue under test. */
export interface QueueSettings {
  readonly retentionMs?: number;
  readonly maxJobs?: number;
  readonly maxJobsPerOwner?: number;
  readonly maxJobsPerModel?: number;
  readonly maxBytes?: number;
  readonly maxBytesPerOwner?: number;
  readonly maxBytesPerModel?: number;
}

/** A kind of queue under test. */
export interface QueueKind {
  /** Opens a queue; all queues of one `place` share their jobs. */
  readonly open: (place: string, settings?: QueueSettings) => Promise<JobQueue>;
  /** Lets time pass for the queue: on a fake clock where the queue takes one, else in fact. */
  readonly pass: (ms: number) => Promise<void>;
  /** Clock of the queue in milliseconds since the epoch. */
  readonly now: () => number;
  /** Time after which a queue would have found an entry, in milliseconds. */
  readonly quietMs: number;
  /** The service goes on to wait for a message after its client has stopped, and takes a message that is due later. */
  readonly isStillReceiving?: boolean;
  /** The service may deliver an entry more than once, as standard queues of SQS do: a job then still finishes once. */
  readonly mayDeliverTwice?: boolean;
}

export const job = (text = 'body', more: Partial<NewJob> = {}): NewJob => ({
  path: '/v2/models/m/infer',
  headers: { 'content-type': 'application/json' },
  model: 'm',
  body: Buffer.from(text),
  ...more,
});

export const answered = (text = 'answer', attempts = 1): JobOutcome => ({
  state: 'succeeded',
  attempts,
  finishedAtMs: Date.now(),
  version: '1',
  response: {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': '2' },
    body: Buffer.from(text),
  },
});

const LEASE_MS = 1000;
const LONG_LEASE_MS = 60_000;

/** Describes the behavior of every queue, with any store. */
export function describeJobQueue(
  name: string,
  { open, pass, now, quietMs, isStillReceiving = false, mayDeliverTwice = false }: QueueKind,
): void {
  const aborts: AbortController[] = [];
  let places = 0;
  const newPlace = (): string => `place-${process.pid}-${Date.now()}-${places++}`;
  afterEach(() => {
    for (const each of aborts.splice(0)) each.abort();
  });

  const signal = (ms = 20_000): AbortSignal => {
    const controller = new AbortController();
    aborts.push(controller);
    const timer = setTimeout(() => {
      controller.abort();
    }, ms);
    timer.unref();
    return controller.signal;
  };
  const claim = async (queue: JobQueue, leaseMs = LONG_LEASE_MS): Promise<JobLease> => {
    const claimed = await queue.leaseJob({ leaseMs, signal: signal() });
    if (claimed === undefined) throw new Error('nothing to claim');
    return claimed;
  };
  const leaseWebhook = async (queue: JobQueue): Promise<WebhookLease> => {
    const claimed = await queue.leaseWebhook({ leaseMs: LONG_LEASE_MS, signal: signal() });
    if (claimed === undefined) throw new Error('nothing to deliver');
    return claimed;
  };
  const nothing = (queue: JobQueue, ms = quietMs) =>
    queue.leaseJob({ leaseMs: LONG_LEASE_MS, signal: signal(ms) });

  /** Checks that an entry isn't due yet. */
  const expectNotYet = async (queue: JobQueue): Promise<void> => {
    if (!isStillReceiving) expect(await nothing(queue, quietMs / 2)).toBeUndefined();
  };

  describe(name, () => {
    test('a job waits, runs and ends, with its request and response to the byte', async () => {
      const queue = await open(newPlace());
      const body = Buffer.from([0, 10, 255, 123, 10]);
      const sent = { owner: 'ann', requestId: 'r-1', routingKey: 'user 7' };
      const given = job('', { body, ...sent });
      const { request, state } = await queue.enqueue(given);
      expect(state).toBe('queued');
      expect(request.id).toMatch(/^[\w-]{22}$/);
      expect(await queue.get(request.id)).toEqual({ request, state: 'queued' });
      expect(await queue.outcome(request.id)).toBeUndefined();

      const claimed = await claim(queue);
      expect(claimed.request).toEqual(request);
      expect(claimed.request).toMatchObject({ ...sent, path: given.path });
      expect(claimed.body).toEqual(body);
      expect(claimed.attempt).toBe(1);
      expect((await queue.get(request.id))?.state).toBe('running');
      expect(await claimed.extend()).toBe(true);

      const outcome = answered('\n\0tail');
      expect(await claimed.finish(outcome)).toBe(true);
      const ended = await queue.get(request.id);
      expect(ended).toMatchObject({ request, state: 'succeeded', outcome: { version: '1' } });
      expect(ended?.expiresAtMs).toBeGreaterThan(now());
      const stored = await queue.outcome(request.id);
      expect(stored).toEqual({
        ...outcome,
        response: { ...outcome.response, body: Buffer.from('\n\0tail') },
      });
      expect(await nothing(queue)).toBeUndefined();
    });

    test('ids that are none, or unknown, are of no job', async () => {
      const queue = await open(newPlace());
      for (const id of ['', '..', '../../etc/passwd', 'a'.repeat(22), 'a'.repeat(23), '%2e%2e']) {
        expect(await queue.get(id)).toBeUndefined();
        expect(await queue.outcome(id)).toBeUndefined();
        expect(await queue.cancel(id)).toBeUndefined();
      }
    });

    test('each job is leased by one process, and finishes once', async () => {
      const place = newPlace();
      const [first, second] = [await open(place), await open(place)];
      const either = (index: number): JobQueue => (index % 2 === 0 ? first : second);
      const ids = await Promise.all(
        Array.from({ length: 12 }, async (_, index) => {
          const { request } = await either(index).enqueue(job(String(index)));
          return request.id;
        }),
      );
      expect(new Set(ids).size).toBe(12);
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, index) => claim(either(index))),
      );
      const leased = (): Set<string> => new Set(claims.map(({ request }) => request.id));
      while (mayDeliverTwice && leased().size < 12) claims.push(await claim(first));
      expect([...leased()].sort()).toEqual(ids.sort());
      const finished = await Promise.all(claims.map((each) => each.finish(answered())));
      expect(finished.filter(Boolean)).toHaveLength(12);
      expect(await nothing(first)).toBeUndefined();
    });

    test('the same key with the same request is the same job, before and after its end', async () => {
      const place = newPlace();
      const queue = await open(place);
      const given = job('x', { idempotencyKey: 'k', owner: 'ann' });
      const jobs = await Promise.all([
        queue.enqueue(given),
        (await open(place)).enqueue(given),
        queue.enqueue(given),
      ]);
      const [id, ...others] = jobs.map(({ request }) => request.id);
      expect(new Set(others)).toEqual(new Set([id]));
      const claimed = await claim(queue);
      expect((await queue.enqueue(given)).request.id).toBe(id);
      await claimed.finish(answered());
      expect(await queue.enqueue(given)).toMatchObject({ request: { id }, state: 'succeeded' });
      expect(await nothing(queue)).toBeUndefined();
    });

    test.each<[string, Partial<NewJob>]>([
      ['another body', { body: Buffer.from('y') }],
      ['another model', { path: '/v2/models/n/infer' }],
      ['another webhook', { webhookUrl: 'https://a.example/' }],
      ['other headers', { headers: { 'content-type': 'application/octet-stream' } }],
    ])('the same key with %s is refused', async (_name, other) => {
      const queue = await open(newPlace());
      await queue.enqueue(job('x', { idempotencyKey: 'k' }));
      await expect(
        queue.enqueue(job('x', { idempotencyKey: 'k', ...other })),
      ).rejects.toMatchObject({ code: 'ERR_JOBS_IDEMPOTENCY_MISMATCH' });
    });

    test('the same key of different owners names different jobs', async () => {
      const queue = await open(newPlace());
      const ann = await queue.enqueue(job('x', { idempotencyKey: 'k', owner: 'ann' }));
      const bob = await queue.enqueue(job('y', { idempotencyKey: 'k', owner: 'bob' }));
      expect(ann.request.id).not.toBe(bob.request.id);
    });

    test('a released job is leased again, and the attempt counts if it should', async () => {
      const queue = await open(newPlace());
      const { request } = await queue.enqueue(job());
      const first = await claim(queue);
      await first.release({ delayMs: 0, counted: false });
      const second = await claim(queue);
      expect(second.attempt).toBe(1);
      await second.release({ delayMs: 0, counted: true });
      const third = await claim(queue);
      expect(third).toMatchObject({ attempt: 2, request });
      expect(await third.finish(answered())).toBe(true);
    });

    test('a job that is released with a delay is leased after the delay', async () => {
      const queue = await open(newPlace());
      await queue.enqueue(job());
      const first = await claim(queue);
      await first.release({ delayMs: 2000, counted: true });
      await expectNotYet(queue);
      await pass(2000);
      expect((await claim(queue)).attempt).toBe(2);
    });

    test('a job whose lease ran out is run by another, and ends once', async () => {
      const place = newPlace();
      const [queue, other] = [await open(place), await open(place)];
      const { request } = await queue.enqueue(job());
      const lost = await claim(queue, LEASE_MS);
      await expectNotYet(other);
      await pass(LEASE_MS + 1);
      const taken = await claim(other);
      expect(taken).toMatchObject({ attempt: 2, request });
      expect(await taken.finish(answered('of the second', 2))).toBe(true);
      expect(await lost.extend()).toBe(false);
      expect(await lost.finish(answered('of the first'))).toBe(false);
      const outcome = await queue.outcome(request.id);
      expect(String(outcome?.response?.body)).toBe('of the second');
      expect(await nothing(other)).toBeUndefined();
    });

    test('a job whose lease is extended stays with its process', async () => {
      const place = newPlace();
      const [queue, other] = [await open(place), await open(place)];
      await queue.enqueue(job());
      const held = await claim(queue, LEASE_MS * 2);
      for (let index = 0; index < 3; index++) {
        expect(await nothing(other, quietMs / 2)).toBeUndefined();
        await pass(LEASE_MS);
        expect(await held.extend()).toBe(true);
      }
      expect(await nothing(other, quietMs / 2)).toBeUndefined();
      expect(await held.finish(answered())).toBe(true);
    });

    test('a job that waits can be canceled, and is not run', async () => {
      const queue = await open(newPlace());
      const { request } = await queue.enqueue(job());
      expect(await queue.cancel(request.id)).toMatchObject({ request, state: 'canceled' });
      expect(await queue.cancel(request.id)).toMatchObject({ state: 'canceled' });
      expect(await nothing(queue)).toBeUndefined();
      expect((await queue.outcome(request.id))?.state).toBe('canceled');
    });

    test('a running job can be canceled: its response is discarded', async () => {
      const place = newPlace();
      const queue = await open(place);
      const { request } = await queue.enqueue(job());
      const running = await claim(queue);
      expect((await (await open(place)).cancel(request.id))?.state).toBe('canceled');
      expect(await running.extend()).toBe(false);
      expect(await running.finish(answered())).toBe(false);
      expect((await queue.get(request.id))?.state).toBe('canceled');
      expect((await queue.outcome(request.id))?.response).toBeUndefined();
    });

    test('a job that has ended stays as it ended', async () => {
      const queue = await open(newPlace());
      const { request } = await queue.enqueue(job());
      await (await claim(queue)).finish(answered());
      expect((await queue.cancel(request.id))?.state).toBe('succeeded');
      expect((await queue.outcome(request.id))?.response?.status).toBe(200);
    });

    test('a queue at its limit rejects jobs', async () => {
      const queue = await open(newPlace(), { maxJobs: 2, maxJobsPerModel: 2 });
      await queue.enqueue(job('1'));
      await queue.enqueue(job('2'));
      let refused: unknown;
      // Queues that ask a service for their length see it a little later.
      await until(async () => {
        refused = await queue.enqueue(job('more')).catch((error: unknown) => error);
        return refused instanceof Error;
      });
      expect(refused).toMatchObject({ code: 'ERR_JOBS_FULL' });
    });

    test('a webhook waits from the end of its job until it is delivered', async () => {
      const queue = await open(newPlace());
      const { request } = await queue.enqueue(job('x', { webhookUrl: 'https://a.example/' }));
      await (await claim(queue)).finish(answered());
      const first = await leaseWebhook(queue);
      expect(first).toMatchObject({ attempt: 1, job: { request, state: 'succeeded' } });
      await first.release({ delayMs: 0 });
      const second = await leaseWebhook(queue);
      expect(second).toMatchObject({ attempt: 2, job: { request } });
      await second.finish();
      const none = await queue.leaseWebhook({ leaseMs: LONG_LEASE_MS, signal: signal(quietMs) });
      expect(none).toBeUndefined();
    });

    test('a result is deleted after its retention, and its key is free', async () => {
      const queue = await open(newPlace(), { retentionMs: 1500 });
      const given = job('x', { idempotencyKey: 'k' });
      const { request } = await queue.enqueue(given);
      await (await claim(queue)).finish({ ...answered(), finishedAtMs: now() });
      expect(await queue.get(request.id)).toBeDefined();
      await pass(1500);
      await until(async () => (await queue.get(request.id)) === undefined);
      expect(await queue.outcome(request.id)).toBeUndefined();
      await queue.sweep();
      const again = await queue.enqueue(job('other', { idempotencyKey: 'k' }));
      expect(again.request.id).not.toBe(request.id);
      expect(await claim(queue)).toMatchObject({ request: again.request, attempt: 1 });
    });

    test('the jobs of one owner are limited, and other owners are not affected', async () => {
      const queue = await open(newPlace(), { maxJobsPerOwner: 2 });
      const ann = { owner: 'ann', model: 'm', path: '/v2/models/m/infer' };
      const { request } = await queue.enqueue(job('1', ann));
      await queue.enqueue(job('2', ann));
      const full = { code: 'ERR_JOBS_OWNER_LIMIT' };
      await expect(queue.enqueue(job('3', ann))).rejects.toMatchObject(full);
      await expect(queue.requireRoom(ann)).rejects.toMatchObject(full);
      await expect(queue.requireRoom(ann)).rejects.toThrow(
        'client "ann" holds 2 jobs that wait or run, the limit maxJobsPerOwner',
      );
      await queue.requireRoom({ ...ann, owner: 'bob' });
      await queue.enqueue(job('4', { owner: 'bob' }));
      // Without an owner there is no bound of one.
      for (const text of ['5', '6', '7']) await queue.enqueue(job(text));
      await queue.cancel(request.id);
      await queue.enqueue(job('8', ann));
    });

    test('the jobs of one model are limited, and other models are not affected', async () => {
      const queue = await open(newPlace(), { maxJobs: 4 });
      await queue.enqueue(job('1', { owner: 'ann' }));
      await queue.enqueue(job('2', { owner: 'bob' }));
      const refused = queue.enqueue(job('3', { owner: 'eve' }));
      await expect(refused).rejects.toMatchObject({ code: 'ERR_JOBS_FULL' });
      await expect(refused).rejects.toThrow('model "m" holds 2 jobs');
      await queue.enqueue(job('4', { owner: 'eve', model: 'n' }));
    });

    test('every process counts what the others accepted, and what there was before it', async () => {
      const place = newPlace();
      const settings = { maxJobsPerOwner: 2 };
      const [first, second] = [await open(place, settings), await open(place, settings)];
      const ann = { owner: 'ann' };
      await first.enqueue(job('1', ann));
      const running = await first.enqueue(job('2', ann));
      await until(async () => {
        const refused = await second.requireRoom(job('', ann)).catch((error: unknown) => error);
        return refused instanceof Error;
      });
      const later = await open(place, settings);
      await expect(later.enqueue(job('3', ann))).rejects.toMatchObject({
        code: 'ERR_JOBS_OWNER_LIMIT',
      });
      await first.cancel(running.request.id);
      await until(
        async () => (await later.enqueue(job('4', ann)).catch(() => undefined)) !== undefined,
      );
    });

    test('a response over the limit is rejected, and the job can end without it', async () => {
      const queue = await open(newPlace(), { maxBytesPerOwner: 40_000 });
      const ann = { owner: 'ann' };
      const { request } = await queue.enqueue(job('1', ann));
      const running = await claim(queue);
      const huge = answered('y'.repeat(36_000));
      await running.finish(huge);
      expect((await queue.outcome(request.id))?.response?.body).toHaveLength(36_000);

      const second = await queue.enqueue(job('2', { ...ann, owner: 'bob' }));
      await (await claim(queue)).finish(huge);
      expect((await queue.get(second.request.id))?.state).toBe('succeeded');

      await expect(queue.enqueue(job('3', ann))).rejects.toMatchObject({
        code: 'ERR_JOBS_OWNER_LIMIT',
        message: expect.stringContaining('maxBytesPerOwner') as string,
      });
      expect(await queue.remove(request.id)).toBe(true);
      const third = await queue.enqueue(job('x'.repeat(20_000), ann));
      const other = await queue.enqueue(job('4', ann));
      const [one, two] = [await claim(queue), await claim(queue)];
      const [large, small] = one.request.id === third.request.id ? [one, two] : [two, one];
      await expect(small.finish(huge)).rejects.toMatchObject({
        code: 'ERR_JOBS_OWNER_LIMIT',
      });
      expect(
        await small.finish({
          state: 'failed',
          attempts: 1,
          finishedAtMs: Date.now(),
          reason: 'no room',
        }),
      ).toBe(true);
      expect((await queue.get(other.request.id))?.state).toBe('failed');
      // Its own request makes room for the answer.
      expect(await large.finish(answered('y'.repeat(20_000)))).toBe(true);
    });

    test('a body that never fits is too large', async () => {
      const queue = await open(newPlace(), { maxBytesPerOwner: 8192 });
      const refused = queue.enqueue(job('x'.repeat(9000), { owner: 'ann' }));
      await expect(refused).rejects.toMatchObject({ code: 'ERR_JOBS_TOO_LARGE' });
    });

    test('a job that has ended can be deleted: its bytes, its key and its webhook are free', async () => {
      const queue = await open(newPlace(), { maxBytesPerOwner: 61_440 });
      const given = job('x', {
        owner: 'ann',
        idempotencyKey: 'k',
        webhookUrl: 'https://a.example/',
      });
      const { request } = await queue.enqueue(given);
      expect(await queue.remove(request.id)).toBe(false);
      await (await claim(queue)).finish(answered('y'.repeat(50_000)));
      await expect(queue.enqueue(job('z', { owner: 'ann' }))).resolves.toBeDefined();
      await expect(queue.enqueue(job('z', { owner: 'ann' }))).rejects.toMatchObject({
        code: 'ERR_JOBS_OWNER_LIMIT',
      });
      expect(await queue.remove(request.id)).toBe(true);
      expect(await queue.remove(request.id)).toBe(false);
      expect(await queue.get(request.id)).toBeUndefined();
      expect(await queue.outcome(request.id)).toBeUndefined();
      await queue.enqueue(job('z', { owner: 'ann' }));
      expect((await queue.enqueue(given)).request.id).not.toBe(request.id);
      const none = await queue.leaseWebhook({ leaseMs: LONG_LEASE_MS, signal: signal(quietMs) });
      expect(none).toBeUndefined();
    });

    test('a run that lost its lease does not bring a deleted job back', async () => {
      const place = newPlace();
      const [queue, other] = [await open(place), await open(place)];
      const { request } = await queue.enqueue(job());
      const lost = await claim(queue, LEASE_MS);
      await expectNotYet(other);
      await pass(LEASE_MS + 1);
      await (await claim(other)).finish(answered('of the second', 2));
      expect(await other.remove(request.id)).toBe(true);
      expect(await lost.finish(answered('of the first'))).toBe(false);
      expect(await queue.get(request.id)).toBeUndefined();
    });

    test('a canceled job has no webhook, also when its process died', async () => {
      const place = newPlace();
      const [queue, other] = [await open(place), await open(place)];
      const { request } = await queue.enqueue(job('x', { webhookUrl: 'https://a.example/' }));
      await claim(queue, LEASE_MS);
      expect((await other.cancel(request.id))?.state).toBe('canceled');
      await expectNotYet(other);
      await pass(LEASE_MS + 1);
      expect(await nothing(other)).toBeUndefined();
      const none = await other.leaseWebhook({ leaseMs: LONG_LEASE_MS, signal: signal(quietMs) });
      expect(none).toBeUndefined();
      expect(await other.depth()).toEqual({ queued: 0, running: 0 });
    });

    test('waiting webhooks are limited for each owner', async () => {
      const queue = await open(newPlace(), { maxJobsPerOwner: 2 });
      const webhook = { owner: 'ann', webhookUrl: 'https://a.example/' };
      for (const text of ['1', '2']) {
        await queue.enqueue(job(text, webhook));
        await (await claim(queue)).finish(answered());
      }
      const refused = queue.enqueue(job('3', webhook));
      await expect(refused).rejects.toMatchObject({ code: 'ERR_JOBS_OWNER_LIMIT' });
      await expect(refused).rejects.toThrow('has 2 webhooks that wait');
      await queue.enqueue(job('4', { owner: 'ann' }));
      await queue.enqueue(job('5', { ...webhook, owner: 'bob' }));
      await (await leaseWebhook(queue)).finish();
      await queue.enqueue(job('6', webhook));
    });

    test('jobs of a model that is not accepted wait, and others pass them', async () => {
      const queue = await open(newPlace());
      await queue.enqueue(job('away'));
      const { request } = await queue.enqueue(job('here', { model: 'n' }));
      const away = new Set(['m']);
      const options = { leaseMs: LONG_LEASE_MS, accepts: (model: string) => !away.has(model) };
      const first = await queue.leaseJob({ ...options, signal: signal() });
      expect(first?.request).toEqual(request);
      away.clear();
      const second = await queue.leaseJob({ ...options, signal: signal() });
      expect(second).toMatchObject({ attempt: 1, request: { model: 'm' } });
    });

    test('webhooks that are not accepted wait, and others pass them', async () => {
      const queue = await open(newPlace());
      for (const host of ['hangs', 'answers']) {
        await queue.enqueue(job(host, { webhookUrl: `https://${host}.example/` }));
        await (await claim(queue)).finish(answered());
      }
      const accepts = ({ webhookUrl }: { readonly webhookUrl?: string | undefined }) =>
        webhookUrl === 'https://answers.example/';
      const options = { leaseMs: LONG_LEASE_MS, accepts };
      const first = await queue.leaseWebhook({ ...options, signal: signal() });
      expect(first?.job.request.webhookUrl).toBe('https://answers.example/');
      expect(await queue.leaseWebhook({ ...options, signal: signal(1500) })).toBeUndefined();
    });

    test('depth counts waiting and running jobs', async () => {
      const queue = await open(newPlace());
      for (let index = 0; index < 3; index++) await queue.enqueue(job(String(index)));
      await claim(queue);
      await until(async () => {
        const { queued, running } = await queue.depth();
        return queued === 2 && running === 1;
      });
    });
  });
}

import { expect, test } from 'vitest';
import { sentryDestination, type Notice } from '../../src/index.ts';
import { collectRequests } from './posted-requests.ts';
import { sampleNotice } from './sample-notice.ts';

const signal = AbortSignal.timeout(60_000);
const PUBLIC_KEY = 'c0ffee5ec2e7c0ffee5ec2e7c0ffee5e';

interface Event {
  readonly event_id: string;
  readonly level: string;
  readonly fingerprint: readonly string[];
}

/**
 * Reads an envelope by the rules of https://develop.sentry.dev/sdk/foundations/transport/envelopes/: headers and items in lines, an item
 * of `length` bytes.
 */
function readEnvelope(text: string) {
  let rest = Buffer.from(text);
  const line = (): string => {
    const end = rest.indexOf('\n');
    expect(end).toBeGreaterThan(0);
    const found = rest.subarray(0, end).toString();
    rest = rest.subarray(end + 1);
    return found;
  };
  const header = JSON.parse(line()) as { readonly event_id: string; readonly sent_at: string };
  const item = JSON.parse(line()) as { readonly type: string; readonly length: number };
  const payload = rest.subarray(0, item.length).toString();
  expect(rest.subarray(item.length).toString()).toBe('\n');
  return { header, item, event: JSON.parse(payload) as Event };
}

async function sendTo(notice: Notice) {
  const { requests, port } = await collectRequests();
  const dsn = `http://${PUBLIC_KEY}@127.0.0.1:${port}/sentry/42`;
  const destination = sentryDestination({ dsn, environment: 'production', release: 'shop@1' });
  await destination.send(notice, signal);
  return { destination, requests, port };
}

test('a notice is an event in an envelope, authenticated by the key of the DSN', async () => {
  const { destination, requests, port } = await sendTo(sampleNotice);
  expect(destination.name).toBe(`sentry 127.0.0.1:${port}`);
  expect(requests).toHaveLength(1);
  const [{ method, path, headers, body } = { body: '', headers: {} }] = requests as {
    readonly method?: string;
    readonly path?: string;
    readonly headers: Record<string, string>;
    readonly body: string;
  }[];
  expect([method, path]).toEqual(['POST', '/sentry/api/42/envelope/']);
  expect(headers['content-type']).toBe('application/x-sentry-envelope');
  expect(headers['x-sentry-auth']).toMatch(
    new RegExp(
      `^Sentry sentry_version=7, sentry_client=[\\w.-]+/[\\d.]+, sentry_key=${PUBLIC_KEY}$`,
    ),
  );
  const { header, item, event } = readEnvelope(body);
  expect(item).toMatchObject({ type: 'event', content_type: 'application/json' });
  expect(header.event_id).toBe(event.event_id);
  expect(Date.parse(header.sent_at)).toBeGreaterThan(Date.UTC(2026, 0, 1));
  expect(event).toMatchObject({
    event_id: '0b1e7a5264b04a3c9f3b2f8f6f3f2a11',
    timestamp: 1_767_225_600.5,
    platform: 'node',
    level: 'warning',
    server_name: 'host-1',
    environment: 'production',
    release: 'shop@1',
    message: { formatted: 'Began: loans: 2 features drifted <é> & more' },
    fingerprint: ['fairlead', 'drift/loans'],
    tags: { kind: 'drift', status: 'began', service: 'shop', model: 'loans' },
    extra: { details: { features: 'age, income' } },
  });
  expect(body).not.toContain(PUBLIC_KEY);
});

test('notices of one condition are one issue, and its end is another one', async () => {
  const events: Event[] = [];
  for (const status of ['began', 'continues', 'ended'] as const) {
    const { requests } = await sendTo({ ...sampleNotice, status });
    events.push(readEnvelope(requests[0]?.body ?? '').event);
  }
  expect(events.map(({ fingerprint, level }) => [fingerprint.slice(1).join(' '), level])).toEqual([
    ['drift/loans', 'warning'],
    ['drift/loans', 'warning'],
    ['drift/loans ended', 'info'],
  ]);
});

test.each([
  [302, 'ERR_MONITORING_NOTICE_REJECTED'],
  [403, 'ERR_MONITORING_NOTICE_REJECTED'],
  [429, 'ERR_MONITORING_NOTICE_UNAVAILABLE'],
  [500, 'ERR_MONITORING_NOTICE_UNAVAILABLE'],
])('status %i is %s', async (status, code) => {
  const { answer, port } = await collectRequests();
  answer.status = status;
  const destination = sentryDestination({ dsn: `http://${PUBLIC_KEY}@127.0.0.1:${port}/42` });
  await expect(destination.send(sampleNotice, signal)).rejects.toMatchObject({ code });
});

test('an unreachable server is reported without the DSN', async () => {
  const destination = sentryDestination({ dsn: `http://${PUBLIC_KEY}@127.0.0.1:9/42` });
  // Fetch refuses the port 9 as such.
  await expect(destination.send(sampleNotice, signal)).rejects.toSatisfy(
    (error: Error) => !String(error.stack).includes(PUBLIC_KEY) && error.cause === undefined,
  );
});

test.each(['SECRET', 'https://errors.example/7', 'ftp://SECRET@errors.example/7', 7])(
  'the DSN %j is refused without showing it',
  (dsn) => {
    let message = '';
    try {
      sentryDestination({ dsn: dsn as string });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('Option dsn: expected');
    expect(message).not.toContain('SECRET');
  },
);

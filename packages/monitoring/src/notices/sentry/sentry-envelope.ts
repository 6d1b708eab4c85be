import { randomUUID } from 'node:crypto';
import type { Notice } from '../notice.ts';
import { noticeData, noticeTitle } from '../notice-text.ts';

/** Properties of the events of a {@link sentryEnvelope}. */
export interface SentryEventOptions {
  readonly environment?: string | undefined;
  readonly release?: string | undefined;
}

/**
 * Returns a notice as an envelope with one event. Notices of a condition have the same fingerprint, so that they are one issue; the
 * end of a condition is another issue, because it would otherwise open the first one again.
 *
 * Source: https://develop.sentry.dev/sdk/foundations/transport/envelopes/
 */
export function sentryEnvelope(notice: Notice, { environment, release }: SentryEventOptions) {
  const { status, kind, key, model, service, host, severity, atMs } = notice;
  // The same in each attempt, so that the server recognizes a repetition.
  const eventId = (/[0-9a-f-]{36}$/.exec(notice.id)?.[0] ?? randomUUID()).replaceAll('-', '');
  const isOpen = status === 'began' || status === 'continues';
  const payload = JSON.stringify({
    event_id: eventId,
    timestamp: atMs / 1000,
    platform: 'node',
    level: isOpen ? severity : 'info',
    logger: 'fairlead.notices',
    server_name: host,
    ...(environment !== undefined && { environment }),
    ...(release !== undefined && { release }),
    message: { formatted: noticeTitle(notice) },
    fingerprint: isOpen ? ['fairlead', key] : ['fairlead', key, status],
    tags: { kind, status, service, ...(model !== undefined && { model }) },
    extra: noticeData(notice),
  });
  const lines = [
    JSON.stringify({ event_id: eventId, sent_at: new Date().toISOString() }),
    JSON.stringify({
      type: 'event',
      content_type: 'application/json',
      length: Buffer.byteLength(payload),
    }),
    payload,
  ];
  return `${lines.join('\n')}\n`;
}

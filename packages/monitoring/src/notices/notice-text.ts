import type { Notice } from './notice.ts';

const words = {
  began: 'Began',
  continues: 'Continues',
  ended: 'Ended',
  test: 'Test',
} as const;

/** Returns the first line of a notice. */
export function noticeTitle({ status, summary }: Notice): string {
  return `${words[status]}: ${summary}`;
}

/** Returns the lines below the first one. */
export function noticeLines(notice: Notice): readonly string[] {
  const { kind, model, service, host, total, details, firstSeenMs, lastSeenMs } = notice;
  const facts: readonly (readonly [string, string | number])[] = [
    ...(model === undefined ? [] : [['model', model] as const]),
    ['kind', kind],
    ...Object.entries(details),
    ['reports', total],
    ['first', new Date(firstSeenMs).toISOString()],
    ['last', new Date(lastSeenMs).toISOString()],
    ['service', service],
    ['host', host],
  ];
  return facts.map(([name, value]) => `${name}: ${value}`);
}

/** Returns a notice as the data of a message: times in ISO 8601. */
export function noticeData(notice: Notice): Readonly<Record<string, unknown>> {
  const { firstSeenMs, lastSeenMs, atMs, ...rest } = notice;
  const [firstSeen, lastSeen, at] = [firstSeenMs, lastSeenMs, atMs].map((ms) =>
    new Date(ms).toISOString(),
  );
  return { ...rest, firstSeen, lastSeen, at };
}

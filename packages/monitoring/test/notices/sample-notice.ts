import type { Notice } from '../../src/index.ts';

/** A notice with characters that formats have to escape. */
export const sampleNotice: Notice = {
  id: 'notice_0b1e7a52-64b0-4a3c-9f3b-2f8f6f3f2a11',
  status: 'began',
  kind: 'drift',
  key: 'drift/loans',
  severity: 'warning',
  summary: 'loans: 2 features drifted <é> & more',
  model: 'loans',
  details: { version: '3', features: 'age, income' },
  service: 'shop',
  host: 'host-1',
  count: 1,
  total: 1,
  firstSeenMs: 1_767_225_600_000,
  lastSeenMs: 1_767_225_600_000,
  atMs: 1_767_225_600_500,
};

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { freePort } from '@fairlead/test-support';
import { stopAll, untilNothingIsLeft } from './support/sample-application.ts';
import { swapBehindNginx } from './support/swaps-behind-nginx.ts';

const TIMEOUT_MS = 240_000;
const state = mkdtempSync(join(tmpdir(), 'fairlead-swaps-'));

afterAll(async () => {
  await stopAll();
  await untilNothingIsLeft(state);
  rmSync(state, { recursive: true, force: true });
}, TIMEOUT_MS);

// The long form, 20 swaps and 10,000 requests: npm run soak -- swaps-behind-nginx
test(
  'versions come and go and another gateway takes over, and no request fails',
  { timeout: TIMEOUT_MS },
  async () => {
    const report = await swapBehindNginx({
      ...{ state, port: await freePort(), swaps: 4, requests: 800, perSecond: 80 },
    });
    expect(report.failures).toEqual([]);
    expect(report.answered).toBe(report.sent);
    expect(report.sent).toBeGreaterThanOrEqual(800);
    // The successor before its predecessor goes.
    expect(report.gateways).toEqual(['listening', 'listening', 'stopped']);
    expect(report.versions['1']).toBeGreaterThan(50);
    expect(report.versions['2']).toBeGreaterThan(50);
  },
);

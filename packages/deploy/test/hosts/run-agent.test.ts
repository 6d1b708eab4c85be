import { expect, it } from 'vitest';

import type { Carrier, CarrierResult } from '../../src/index.ts';
import { runAgent } from '../../src/hosts/run-agent.ts';

const busy: CarrierResult = { code: 75, stdout: '', stderr: '' };

function carrierOf(results: CarrierResult[]): Carrier {
  return {
    host: 'h1',
    run: () => Promise.resolve(results.shift() ?? busy),
    close: () => Promise.resolve(),
  };
}

it('waits for the agent of a killed deployment, which works on', async () => {
  const done = { code: 1, stdout: 'x', stderr: '' };
  const results = [busy, busy, done];
  expect(await runAgent(carrierOf(results), ['agent'])).toEqual(done);
  expect(results).toEqual([]);
});

it('is busy when that takes longer', async () => {
  expect(await runAgent(carrierOf([]), ['agent'], {}, 1)).toEqual(busy);
});

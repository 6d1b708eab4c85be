import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { POLL_INTERVAL_MS, rollBackUnderLoad, type Fleet } from './support/roll-back-under-load.ts';
import { startGateway } from './support/start-gateway.ts';

/** Gateways in this process. */
function inFolder(): Promise<Fleet> {
  const location = temporaryFolder();
  return Promise.resolve({
    location,
    async start() {
      const { address, logged } = await startGateway({
        FAIRLEAD_REGISTRY: location,
        FAIRLEAD_POLL_INTERVAL_MS: POLL_INTERVAL_MS,
      });
      expect(await logged('models loaded')).toMatchObject({ ready: true });
      return address;
    },
  });
}

test('a rollback in a folder reaches three gateways under load, and no request fails', async ({
  annotate,
}) => {
  const lines = await rollBackUnderLoad(await inFolder());
  for (const line of lines) await annotate(line);
});

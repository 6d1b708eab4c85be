import { canBootFleet, startFleet } from '@fairlead/fleet';
import { expect, it } from 'vitest';

import { deployToHost } from '../../src/index.ts';
import { sshCarrier } from '../../src/ssh.ts';
import { askService } from '../support/agent-on-host.ts';
import { buildService } from '../support/service-release.ts';

it.skipIf(!canBootFleet())('a deployment by SSH reports a revert with the log', async () => {
  await using fleet = await startFleet();
  const carrier = await sshCarrier({ url: 'h1', configFile: fleet.sshConfig });
  const first = await buildService({ version: 1 });
  const bad = await buildService({ version: 3, before: "throw new Error('no model here');" });
  await deployToHost(carrier, { release: first.path });
  const reverted = await deployToHost(carrier, { release: bad.path });
  await carrier.close();
  expect(reverted).toMatchObject({ outcome: 'reverted', digest: first.digest });
  expect(reverted.message).toMatch(/ended \d+ times/);
  expect(reverted.log?.join('\n')).toContain('no model here');
  expect(await askService(fleet.host('h1'))).toEqual({ version: 1, outputs: [1] });
});

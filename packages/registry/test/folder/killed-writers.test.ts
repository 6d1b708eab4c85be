import { ModelRegistry, folderStore } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@fairlead/test-support';
import { digits } from '../support/sample-registry.ts';
import { killWriters } from '../support/soak/kill-writers.ts';

test('kill -9 at any moment of pushing, promoting, collecting and importing leaves a registry that verifies and has all acknowledged records', async () => {
  const folder = temporaryFolder();
  const { killed, acknowledged } = await killWriters({ location: folder, kills: 6, atATime: 3 });
  expect(killed).toBe(6);
  for (const count of Object.values(acknowledged)) expect(count).toBeGreaterThan(2);
  const registry = new ModelRegistry({ store: folderStore(folder) });
  await registry.push(digits('the next one'));
  expect((await verifyRegistry(registry.store)).ok).toBe(true);
});

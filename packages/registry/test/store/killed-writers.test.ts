import { ModelRegistry, folderStore } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { digits, temporaryFolder } from '../support/sample-registry.ts';
import { killWriters } from '../support/soak/kill-writers.ts';

test('kill -9 at any moment of a push or a promotion leaves a registry that verifies and has all it acknowledged', async () => {
  const folder = temporaryFolder();
  const report = await killWriters({ location: folder, kills: 21, atATime: 3 });
  expect(report.killed).toBe(21);
  expect(report.acknowledged).toBeGreaterThan(6);
  const registry = new ModelRegistry({ store: folderStore(folder) });
  await registry.push(digits('the next one'));
  expect((await registry.verify()).ok).toBe(true);
}, 120_000);

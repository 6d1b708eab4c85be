import { expect, test } from 'vitest';
import { run } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';

test('restore needs a deployment with a backup', async () => {
  const place = { folder: hostProject({ environment: "hosts: ['ssh://h1']" }) };
  const { exitCode, stderr } = await run(place, 'restore', '--yes');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('the deployment has no backup');
});

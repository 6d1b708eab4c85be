import { expect, test } from 'vitest';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

// No user may create a folder in /sys, root included: the system call fails with EPERM, EACCES or EROFS.
test('a store that denies the write ends the command with exit code 5', async () => {
  const denied = await run(
    { folder: temporaryFolder() },
    ...['registry', 'init', '--registry', '/sys/fairlead', '--json'],
  );
  expect(denied.stderr).toContain('ERR_REGISTRY_STORE_DENIED');
  expect(denied.exitCode).toBe(5);
});

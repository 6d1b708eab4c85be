import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '@fairlead/test-support';
import { SampleError } from '../src/sample-error.ts';
import { claimStateFolder } from '../src/single-instance.ts';

test('a second claim of a folder fails with the folder and the fix', async () => {
  const folder = temporaryFolder();
  const claim = await claimStateFolder(folder);
  const again = claimStateFolder(folder);
  await expect(again).rejects.toThrow(SampleError);
  await expect(again).rejects.toThrow(`already runs on ${folder}`);
  await expect(again).rejects.toThrow('FAIRLEAD_STATE=<another folder>');
  const other = await claimStateFolder(temporaryFolder());
  other.close();
  claim.close();
  await once(claim, 'close');
  (await claimStateFolder(folder)).close();
});

test('one of several concurrent claims succeeds', async () => {
  const folder = temporaryFolder();
  const claims = await Promise.allSettled(
    Array.from({ length: 8 }, () => claimStateFolder(folder)),
  );
  const won = claims.flatMap((claim) => (claim.status === 'fulfilled' ? claim.value : []));
  expect(won).toHaveLength(1);
  won[0]?.close();
});

test('a killed holder does not block the next claim', async () => {
  const folder = temporaryFolder();
  const program = fileURLToPath(new URL('processes/claim-folder.ts', import.meta.url));
  const holder = spawn(process.execPath, ['--conditions=@fairlead/source', program, folder]);
  onTestFinished(() => {
    holder.kill('SIGKILL');
  });
  await once(holder.stdout, 'data');
  await expect(claimStateFolder(folder)).rejects.toThrow(SampleError);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await claimStateFolder(folder)).close();
});

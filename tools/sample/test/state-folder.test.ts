import { chmodSync, existsSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maxSocketPathBytes } from '@fairlead/deploy-config';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '@fairlead/test-support';
import { SampleError } from '../src/sample-error.ts';
import { openStateFolder } from '../src/state-folder.ts';

test('everything is below the folder, and accessible only to this user', () => {
  const root = join(temporaryFolder(), 'state');
  const state = openStateFolder(root);
  for (const path of Object.values<string>({ ...state })) expect(path.startsWith(root)).toBe(true);
  for (const folder of [state.root, state.registry, state.host, state.logs, state.sockets]) {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  }
  expect(openStateFolder(root)).toEqual(state);
});

test.runIf(process.getuid?.() === 0)(
  'the account of Nginx may pass through the folder of the sockets, and access no other folder',
  () => {
    const root = join(temporaryFolder(), 'state');
    const { sockets, nginxTemp, ...state } = openStateFolder(root, { name: 'www-data', gid: 33 });
    onTestFinished(() => {
      rmSync(sockets, { recursive: true, force: true });
    });
    expect(sockets.startsWith(root)).toBe(false);
    expect(nginxTemp.startsWith(`${sockets}/`)).toBe(true);
    expect(statSync(sockets)).toMatchObject({ uid: 0, gid: 33 });
    expect(statSync(sockets).mode & 0o777).toBe(0o710);
    expect(statSync(state.root).mode & 0o777).toBe(0o700);
    expect(openStateFolder(root, { name: 'www-data', gid: 33 }).sockets).toBe(sockets);
  },
);

test('sockets are in the temporary folder when their paths would be too long', () => {
  const root = join(temporaryFolder(), 'long'.repeat(30));
  const { sockets } = openStateFolder(root);
  onTestFinished(() => {
    rmSync(sockets, { recursive: true, force: true });
  });
  expect(sockets.startsWith(join(tmpdir(), 'fairlead-'))).toBe(true);
  expect(Buffer.byteLength(join(sockets, 'gateway.sock'))).toBeLessThanOrEqual(maxSocketPathBytes);
  expect(statSync(sockets).mode & 0o777).toBe(0o700);

  // Another user could replace the sockets in a folder that all can write to.
  chmodSync(sockets, 0o777);
  expect(() => openStateFolder(root)).toThrow(SampleError);
  expect(() => openStateFolder(root)).toThrow(sockets);
  expect(existsSync(root)).toBe(true);
});

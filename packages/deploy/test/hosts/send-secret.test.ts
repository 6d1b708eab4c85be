import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { describe, expect, it } from 'vitest';

import { sendSecret, type Carrier } from '../../src/index.ts';
import { localCarrier } from '../../src/local.ts';

describe('sendSecret', () => {
  it('writes the bytes into a file of its owner only, also over one that others may read', async () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'a folder', "it's $HOME");
    const value = Buffer.from([0, 255, 10, 13]);
    await sendSecret(localCarrier(), { path, value });
    expect(readFileSync(path)).toEqual(value);
    writeFileSync(path, 'old');
    chmodSync(path, 0o666);
    await sendSecret(localCarrier(), { path, value: 'new' });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(folder, 'a folder')).mode & 0o777).toString(8)).toBe('755');
  });

  it('sends the value by standard input, and never as an argument', async () => {
    const seen: string[] = [];
    const carrier: Carrier = {
      ...localCarrier(),
      run: (argv) => {
        seen.push(...argv);
        return Promise.resolve({ code: 1, stdout: '', stderr: 'No space left' });
      },
    };
    const sending = sendSecret(carrier, { path: '/etc/a', value: 'sentinel' });
    await expect(sending).rejects.toMatchObject({
      code: 'ERR_DEPLOY_HOST',
      message: "The host localhost: /etc/a can't be written (exit code 1): No space left",
    });
    expect(seen.join(' ')).not.toContain('sentinel');
  });

  it.each([
    [{ path: 'keys', value: 'a' }, 'Option path is "keys": expected an absolute path.'],
    [{ path: '/etc/', value: 'a' }, 'Option path is "/etc/": expected an absolute path.'],
    [{ path: '/etc/a', value: '' }, 'Option value: expected a text or bytes, which are not empty.'],
    [{ path: '/etc/a', value: 5 as never }, 'Option value: expected a text or bytes'],
  ])('refuses %j', async (options, message) => {
    await expect(sendSecret(localCarrier(), options)).rejects.toThrow(message);
  });
});

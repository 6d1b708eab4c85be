import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ApiKeySet, createApiKey, readApiKeys, SecurityError, watchApiKeys } from '../src/index.ts';

const pepper = 'a pepper of the tests, 32 bytes or more';

function keysFile(): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-keys-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return { folder, file: join(folder, 'keys.json') };
}

function keyOf(client: string) {
  return createApiKey({ pepper, client, scopes: ['infer:*'] });
}

function content(...records: unknown[]): string {
  return JSON.stringify({ keys: records });
}

/** As the command line replaces the file: by a rename. */
function replaceFile(file: string, text: string, mode = 0o600): void {
  writeFileSync(`${file}.new`, text);
  chmodSync(`${file}.new`, mode);
  renameSync(`${file}.new`, file);
}

/** A file whose read ends when the test says so: a named pipe. */
function makePipe(file: string): void {
  execFileSync('mkfifo', ['-m', '600', file]);
}

/** The writing end of a pipe, as soon as a read of it has begun. */
async function writerOf(pipe: string): Promise<FileHandle> {
  return vi.waitFor(() => open(pipe, constants.O_WRONLY | constants.O_NONBLOCK), 10_000);
}

it('loads new keys and drops old ones, and keeps its keys while the file is wrong or missing', async () => {
  const { file } = keysFile();
  const [old, fresh] = [keyOf('old'), keyOf('fresh')];
  replaceFile(file, content(old.record));
  const keys = new ApiKeySet({ pepper, records: [old.record] });
  const [reloads, errors]: [number[], unknown[]] = [[], []];
  const onRecovery = vi.fn();
  const stop = watchApiKeys(keys, file, {
    intervalMs: 20,
    onReload: (count) => reloads.push(count),
    onError: (error) => errors.push(error),
    onRecovery,
  });
  onTestFinished(stop);
  const client = (key: string): string | undefined => keys.verify(key)?.client;
  expect(client(old.key)).toBe('old');

  replaceFile(file, content(old.record, fresh.record));
  await vi.waitFor(() => {
    expect(client(fresh.key)).toBe('fresh');
  }, 60_000);
  expect(client(old.key)).toBe('old');

  replaceFile(file, '{"keys": [');
  await vi.waitFor(() => {
    expect(errors.at(-1)).toBeInstanceOf(SecurityError);
  }, 60_000);
  rmSync(file);
  await vi.waitFor(() => {
    expect(errors.at(-1)).toMatchObject({ code: 'ENOENT' });
  }, 60_000);
  expect([client(old.key), client(fresh.key)]).toEqual(['old', 'fresh']);
  expect(onRecovery).not.toHaveBeenCalled();

  replaceFile(file, content(fresh.record));
  await vi.waitFor(() => {
    expect(onRecovery).toHaveBeenCalledOnce();
  }, 60_000);
  expect(client(old.key)).toBeUndefined();
  // A change before the first read isn't reported.
  expect(reloads.at(-1)).toBe(1);
  expect(errors).toHaveLength(2);
});

it('a file that is removed while it is read is reported once, as missing', async () => {
  const { file } = keysFile();
  makePipe(file);
  const errors: unknown[] = [];
  const keys = new ApiKeySet({ pepper, records: [] });
  onTestFinished(
    watchApiKeys(keys, file, { intervalMs: 10, onError: (error) => errors.push(error) }),
  );
  // The read opens the file, which is removed before it continues.
  await vi.waitFor(() => {
    const writer = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
    rmSync(file);
    closeSync(writer);
  }, 60_000);
  await vi.waitFor(() => {
    expect(errors).not.toHaveLength(0);
  }, 60_000);
  // Further reads have the same problem.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(errors).toEqual([expect.objectContaining({ code: 'ENOENT', syscall: 'open' })]);
});

it('one read ends before the next starts: an older text never replaces a newer one', async () => {
  const { file } = keysFile();
  const [old, fresh] = [keyOf('old'), keyOf('fresh')];
  makePipe(file);
  const keys = new ApiKeySet({ pepper, records: [old.record] });
  const taken: string[] = [];
  const replace = keys.replace.bind(keys);
  vi.spyOn(keys, 'replace').mockImplementation((records) => {
    taken.push(...records.map(({ client }) => client));
    replace(records);
  });
  const onError = vi.fn();
  onTestFinished(watchApiKeys(keys, file, { intervalMs: 10, onError }));

  const writer = await writerOf(file);
  replaceFile(file, content(fresh.record));
  // Ten intervals, in which further reads would find the new file.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(taken).toEqual([]);
  await writer.writeFile(content(old.record));
  await writer.close();
  await vi.waitFor(() => {
    expect(taken).toEqual(['old', 'fresh']);
  }, 60_000);
  expect(keys.verify(old.key)).toBeUndefined();
  expect(onError).not.toHaveBeenCalled();
});

it('reports a slow read once, and the recovery', async () => {
  const { file } = keysFile();
  const fresh = keyOf('fresh');
  makePipe(file);
  const keys = new ApiKeySet({ pepper, records: [] });
  const errors: unknown[] = [];
  const onRecovery = vi.fn();
  onTestFinished(
    watchApiKeys(keys, file, {
      intervalMs: 10,
      // Longer than any read of the file that follows, also on a busy machine.
      readTimeoutMs: 2_000,
      onError: (error) => errors.push(error),
      onRecovery,
    }),
  );
  const writer = await writerOf(file);
  await vi.waitFor(() => {
    expect(errors).toHaveLength(1);
  }, 60_000);
  expect(String(errors[0])).toMatch(/not been read within 2000 ms/);
  replaceFile(file, content(fresh.record));
  await writer.writeFile(content(fresh.record));
  await writer.close();
  await vi.waitFor(() => {
    expect(onRecovery).toHaveBeenCalledOnce();
  }, 60_000);
  expect(keys.verify(fresh.key)?.client).toBe('fresh');
});

it('changes nothing after it was stopped, not even by a read that had started', async () => {
  const { file } = keysFile();
  const fresh = keyOf('fresh');
  makePipe(file);
  const keys = new ApiKeySet({ pepper, records: [] });
  const onError = vi.fn();
  const stop = watchApiKeys(keys, file, { intervalMs: 10, onError });
  const writer = await writerOf(file);
  stop();
  await writer.writeFile(content(fresh.record));
  await writer.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(keys.verify(fresh.key)).toBeUndefined();
  expect(onError).not.toHaveBeenCalled();
});

it.skipIf(process.platform === 'win32')(
  'refuses a file that the group or others may write, with the command that fixes it',
  async () => {
    const { file } = keysFile();
    const [old, fresh] = [keyOf('old'), keyOf('fresh')];
    for (const mode of [0o666, 0o660, 0o602, 0o622]) {
      replaceFile(file, content(fresh.record), mode);
      await expect(readApiKeys(file)).rejects.toMatchObject({
        code: 'ERR_SECURITY_KEYS',
        message: expect.stringMatching(
          new RegExp(`mode 0${mode.toString(8)}.*chmod go-w ${file}$`),
        ) as string,
      });
    }
    // The same for a file that is taken over while requests run.
    const keys = new ApiKeySet({ pepper, records: [old.record] });
    const onError = vi.fn();
    onTestFinished(watchApiKeys(keys, file, { intervalMs: 10, onError }));
    await vi.waitFor(() => {
      expect(onError).toHaveBeenCalledOnce();
    }, 60_000);
    expect(keys.verify(fresh.key)).toBeUndefined();
    chmodSync(file, 0o600);
    await vi.waitFor(() => {
      expect(keys.verify(fresh.key)?.client).toBe('fresh');
    }, 60_000);
    for (const mode of [0o600, 0o640, 0o644, 0o400]) {
      chmodSync(file, mode);
      await expect(readApiKeys(file)).resolves.toHaveLength(1);
    }
  },
);

it.skipIf(process.platform === 'win32')(
  'refuses a folder in which others may replace the file, also behind a link, but not one with the sticky bit',
  async () => {
    const { folder } = keysFile();
    const inner = join(folder, "keys' folder");
    mkdirSync(inner);
    const file = join(inner, 'keys.json');
    replaceFile(file, content(keyOf('a').record));
    const link = join(folder, 'link.json');
    symlinkSync(file, link);
    await expect(readApiKeys(link)).resolves.toHaveLength(1);
    chmodSync(inner, 0o777);
    for (const path of [file, link]) {
      await expect(readApiKeys(path)).rejects.toThrow(/folder.*chmod go-w '.*keys'\\'' folder'$/);
    }
    // As a volume of secrets in Kubernetes has it.
    chmodSync(inner, 0o1777);
    await expect(readApiKeys(file)).resolves.toHaveLength(1);
    chmodSync(inner, 0o755);
    chmodSync(folder, 0o770);
    await expect(readApiKeys(file)).resolves.toHaveLength(1);
    await expect(readApiKeys(link)).rejects.toThrow(`Run: chmod go-w ${folder}`);
  },
);

it('refuses an invalid interval', () => {
  const keys = new ApiKeySet({ pepper, records: [] });
  expect(() => watchApiKeys(keys, 'keys.json', { intervalMs: 0 })).toThrow(/intervalMs/);
  expect(() => watchApiKeys(keys, 'keys.json', { readTimeoutMs: 0 })).toThrow(/readTimeoutMs/);
});

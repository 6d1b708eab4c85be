import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { ModelRegistry, folderStore } from '@fairlead/registry';
import { onnxModel, temporaryFolder } from '@fairlead/test-support';
import { beforeEach, describe, expect, it } from 'vitest';

import { backupHost, restoreHost } from '../../src/agent/backup/host-backup.ts';
import type { BackupPlan } from '../../src/index.ts';

const latest = { from: undefined, host: undefined };

describe.runIf(process.getuid?.() === 0)('the backup of a host', () => {
  let root: string;
  let plan: BackupPlan & { readonly registry: { readonly path: string; readonly owner: string } };
  let keys: string;

  beforeEach(async () => {
    root = temporaryFolder();
    keys = join(root, 'etc/keys.json');
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(keys, 'keys \u00E9\0');
    chmodSync(keys, 0o640);
    const path = join(root, 'var/registry');
    plan = { to: join(root, 'backup'), registry: { path, owner: 'root:root' }, files: [keys] };
    mkdirSync(plan.to);
    await pushModel('digits');
  });

  async function pushModel(model: string): Promise<void> {
    const registry = new ModelRegistry({
      store: folderStore(plan.registry.path, { create: true }),
    });
    const files = { 'model.onnx': onnxModel('affine') };
    await registry.push({ model, runtime: { name: 'onnx' }, files, actor: 'ada' });
  }

  function destroy(): void {
    for (const name of ['etc', 'var']) rmSync(join(root, name), { recursive: true });
  }

  it('brings registry and files back, with modes and owners, on a host of another name', async () => {
    expect(await backupHost(plan, 'h1')).toEqual({
      location: `${plan.to}/h1`,
      files: 1,
      objects: 2,
    });
    destroy();
    const report = await restoreHost(plan, latest, 'h2');
    expect(report).toMatchObject({ location: `${plan.to}/h1`, files: [keys], models: ['digits'] });
    expect(readFileSync(keys, 'utf8')).toBe('keys \u00E9\0');
    expect((statSync(keys).mode & 0o777).toString(8)).toBe('640');
    const restored = new ModelRegistry({ store: folderStore(plan.registry.path) });
    expect(await restored.modelNames()).toEqual(['digits']);
    // A second restore, as after an interrupted one, changes nothing.
    expect(await restoreHost(plan, latest, 'h2')).toMatchObject({ models: ['digits'] });
  });

  it('writes only what is new, and restores the latest files', async () => {
    await backupHost(plan, 'h1', new Date('2030-01-01T00:00:00Z'));
    await pushModel('iris');
    writeFileSync(keys, 'second');
    const { objects } = await backupHost(plan, 'h1', new Date('2030-01-02T00:00:00Z'));
    expect(objects).toBe(1);
    destroy();
    const { at, models } = await restoreHost(plan, latest, 'h1');
    expect([at, models]).toEqual(['2030-01-02T00:00:00.000Z', ['digits', 'iris']]);
    expect(readFileSync(keys, 'utf8')).toBe('second');
  });

  it('stores 30 records of files', async () => {
    for (let day = 1; day <= 32; day += 1) {
      await backupHost({ ...plan, registry: undefined }, 'h1', new Date(Date.UTC(2030, 0, day)));
    }
    const names = readdirSync(`${plan.to}/h1/files`).filter((name) => name.endsWith('.json'));
    expect(names).toHaveLength(30);
    expect(names.sort()[0]).toBe('2030-01-03T000000.000Z.json');
  });

  it('is readable by root only', async () => {
    await backupHost(plan, 'h1');
    expect((statSync(`${plan.to}/h1`).mode & 0o777).toString(8)).toBe('700');
  });

  it('reports a file and a registry that are missing, and backs up the rest', async () => {
    rmSync(plan.registry.path, { recursive: true });
    const other = { ...plan, files: [join(root, 'none'), keys] };
    await expect(backupHost(other, 'h1')).rejects.toMatchObject({
      code: 'ERR_DEPLOY_HOST',
      message: expect.stringMatching(/lacks the registry .*; the file .*none: ENOENT/) as string,
    });
    rmSync(keys);
    expect(await restoreHost(plan, latest, 'h1')).toMatchObject({ files: [keys] });
  });

  it('overwrites nothing', async () => {
    await backupHost(plan, 'h1');
    writeFileSync(keys, 'newer');
    await expect(restoreHost(plan, latest, 'h1')).rejects.toThrow(
      `${keys} exists on this host with another content than in the backup. Remove it`,
    );
    expect(readFileSync(keys, 'utf8')).toBe('newer');
    destroy();
    await pushModel('other');
    await expect(restoreHost(plan, latest, 'h1')).rejects.toThrow(/which the backup hasn't/);
  });

  it('names the hosts that have a backup', async () => {
    await expect(restoreHost(plan, latest, 'h1')).rejects.toThrow(
      'no backup of the host h1, but of: none',
    );
    await backupHost(plan, 'h1');
    await backupHost(plan, 'h2');
    await expect(restoreHost(plan, latest, 'h3')).rejects.toThrow(
      `${plan.to} has no backup of the host h3, but of: h1, h2. Name one of these hosts`,
    );
    destroy();
    expect((await restoreHost(plan, { ...latest, host: 'h2' }, 'h3')).location).toBe(
      `${plan.to}/h2`,
    );
  });

  it('a backup writes no file that the release does not name', async () => {
    const other = join(root, 'etc/authorized_keys');
    writeFileSync(other, 'a key');
    await backupHost({ ...plan, files: [keys, other] }, 'h1');
    destroy();
    expect((await restoreHost(plan, latest, 'h1')).files).toEqual([keys]);
    expect(existsSync(other)).toBe(false);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['cut', (text) => text.slice(0, 40), /is damaged: it is not JSON\. Remove it/],
    ['changed', (text) => text.replace(/"content":"../, '"content":"AA'), /another SHA-256/],
    ['of another format', (text) => text.replace('backup/1', 'backup/2'), /is damaged: format/],
  ])('a record that is %s is refused', async (_, change, message) => {
    await backupHost(plan, 'h1');
    const [name = ''] = readdirSync(`${plan.to}/h1/files`).filter((each) => each.endsWith('.json'));
    const path = `${plan.to}/h1/files/${name}`;
    chmodSync(path, 0o600);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    destroy();
    await expect(restoreHost(plan, latest, 'h1')).rejects.toThrow(message);
    expect(existsSync(keys)).toBe(false);
  });
});

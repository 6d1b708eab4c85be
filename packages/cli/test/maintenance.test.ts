import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine, affineNext } from './support/models.ts';
import { readTree } from '@fairlead/test-support';

async function placeWithModels() {
  const place = placeWithRegistry();
  const push = ['model', 'push', '--skip-validation'];
  for (const file of [affine, affineNext]) await runJson(place, ...push, 'affine', file);
  await runJson(place, ...push, 'other', affine, '--metric', 'a=1');
  await runJson(place, 'model', 'promote', 'affine', '2');
  return { ...place, registry: join(place.folder, 'registry') };
}

test('garbage collection removes pruned versions, and only after confirmation', async () => {
  const place = await placeWithModels();
  const before = readTree(place.folder);
  const prune = ['model', 'prune', 'affine', '--keep-last', '1'];
  const refused = await run({ ...place, input: 'yes\n' }, ...prune);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('[ERR_CLI_NOT_CONFIRMED]');
  expect(await runJson(place, ...prune, '--dry-run')).toMatchObject({ dryRun: true, pruned: [1] });
  expect((await run(place, 'model', 'gc')).exitCode).toBe(2);
  expect(readTree(place.folder)).toEqual(before);

  await runJson(place, 'model', 'prune', 'other', '--keep-last', '1', '--yes');
  const pruned = await run(place, ...prune, '--yes', '-m', 'room');
  expect(pruned.stdout).toContain('Pruned versions: 1.');
  // Its file stays: "other" has the same. A file without a reference is removed.
  writeFileSync(join(place.registry, 'blobs/sha256', 'a'.repeat(64)), 'left over');
  const dry = await run(place, 'model', 'gc', '--grace', '0s', '--dry-run');
  expect(dry.stdout).toContain(`would remove  blobs/sha256/${'a'.repeat(64)}`);
  expect(await runJson(place, 'model', 'gc', '--yes')).toMatchObject({ removed: [], young: 1 });
  expect(await runJson(place, 'model', 'gc', '--grace', '0s', '--yes')).toMatchObject({
    removed: ['a'.repeat(64)],
  });
  expect((await run(place, 'model', 'verify')).exitCode).toBe(0);
});

test('models are exported and imported into another registry', async () => {
  const place = await placeWithModels();
  const before = readTree(place.folder);
  expect(await runJson(place, 'model', 'export', 'm.tar', 'affine', '--dry-run')).toMatchObject({
    dryRun: true,
  });
  expect(readTree(place.folder)).toEqual(before);
  const exported = await run(place, 'model', 'export', 'm.tar', 'affine');
  expect(exported.stdout).toMatch(/^Exported \d+ objects to m.tar\.\n$/);
  expect((await run(place, 'model', 'export', 'x.tar', 'nope')).exitCode).toBe(4);

  await runJson(place, 'registry', 'init', '--registry', 'second');
  const bring = ['model', 'import', 'm.tar', '--registry', 'second'];
  expect(await runJson(place, ...bring, '--dry-run')).toMatchObject({ dryRun: true, versions: 2 });
  expect(readdirSync(join(place.folder, 'second'))).toEqual([]);
  expect(await runJson(place, ...bring)).toMatchObject({ models: ['affine'], unchanged: 0 });
  expect(await runJson(place, ...bring)).toMatchObject({ created: 0 });
  expect(await runJson(place, 'model', 'list', '--registry', 'second')).toMatchObject({
    models: [{ model: 'affine', aliases: { champion: 2 } }],
  });
  await runJson(place, 'model', 'promote', 'affine', '1');
  await runJson(
    place,
    'model',
    'promote',
    'affine',
    '1',
    '--alias',
    'candidate',
    '--registry',
    'second',
  );
  await runJson(place, 'model', 'rollback', 'affine');
  await runJson(place, 'model', 'promote', 'affine', '1', '--registry', 'second');
  const parted = await run(place, 'model', 'import', './registry', '--registry', 'second');
  expect(parted.exitCode).toBe(3);
  expect(parted.stderr).toContain('[ERR_REGISTRY_ARCHIVE_CONFLICT]');
});

test('a registry is backed up, restored into another folder, and passes the restore drill', async () => {
  const place = await placeWithModels();
  expect((await run(place, 'registry', 'backup', 'b.tar')).exitCode).toBe(0);
  const taken = readFileSync(join(place.folder, 'b.tar'));
  for (const dryRun of [[], ['--dry-run']]) {
    const again = await run(place, 'registry', 'backup', 'b.tar', ...dryRun);
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toContain('b.tar: it exists already, and nothing in it was changed');
  }
  expect(readFileSync(join(place.folder, 'b.tar')).equals(taken)).toBe(true);
  const restore = ['registry', 'restore', 'b.tar', 'restored'];
  expect(await runJson(place, ...restore, '--dry-run')).toMatchObject({
    dryRun: true,
    versions: 3,
  });
  expect(existsSync(join(place.folder, 'restored'))).toBe(false);
  const restored = await run(place, ...restore);
  expect(restored.stdout).toContain('Restored 3 versions of 2 models (affine, other)');
  expect(restored.stdout).toContain('all intact.');
  expect(readTree(join(place.folder, 'restored'))).toEqual(readTree(place.registry));
  // An existing registry is overwritten only after confirmation.
  expect((await run(place, ...restore)).exitCode).toBe(2);
  expect(await runJson(place, ...restore, '--yes')).toMatchObject({ created: 0 });
  await runJson(place, 'model', 'tag', 'other', 'a=b', '--registry', 'restored');
  expect((await run(place, ...restore, '--yes')).exitCode).toBe(3);

  const drill = await runJson(place, 'registry', 'drill');
  expect(drill).toMatchObject({ ok: true, differing: [], withinMs: 120_000 });
  expect(drill.objects).toBe(Object.keys(readTree(place.registry)).length);
  const late = await run(place, 'registry', 'drill', '--within', '0s');
  expect(late.exitCode).toBe(1);
  expect(late.stdout).toContain('every byte identical');
});

test('damage is reported, with exit code 1', async () => {
  const place = await placeWithModels();
  const whole = await run(place, 'model', 'verify');
  expect(whole).toMatchObject({ exitCode: 0, stderr: '' });
  expect(whole.stdout).toMatch(
    /^Read 3 versions, 1 alias entry, .*2 files \(261 B\): all intact\.\n$/,
  );
  const [blob = ''] = readdirSync(join(place.registry, 'blobs/sha256'));
  const path = join(place.registry, 'blobs/sha256', blob);
  chmodSync(path, 0o644);
  writeFileSync(path, 'other bytes');
  const damaged = await run(place, 'model', 'verify', '--json');
  expect(damaged.exitCode).toBe(1);
  expect(JSON.parse(damaged.stdout)).toMatchObject({
    ok: false,
    problems: [{ key: `blobs/sha256/${blob}` }, {}],
  });
  expect(damaged.stderr).toContain('restore them from a backup');
  expect((await run(place, 'registry', 'drill')).exitCode).toBe(6);

  // A damaged alias is reported, and the other models are checked.
  const entry = join(place.registry, 'models/affine/aliases/champion/00000001.json');
  chmodSync(entry, 0o644);
  writeFileSync(entry, '{}');
  const listed = await run(place, 'model', 'list');
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).toMatch(/^other +1 +1/m);
  expect(listed.stderr).toMatch(
    /^damaged: affine: .*00000001\.json.* \(see: fairlead model verify\)$/m,
  );
});

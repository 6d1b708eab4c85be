import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine, affineGolden } from './support/models.ts';
import { readTree } from '@fairlead/test-support';

test('an alias with gates is set only to a version that passes; the results are printed', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'golden.json'), JSON.stringify(affineGolden));
  const push = ['model', 'push', 'affine', affine, '--golden', 'golden.json', '--metric'];
  await runJson(place, ...push, 'accuracy=0.9');
  const gates = ['accuracy >= 0.95', 'goldenExamples 1', 'approvedBy 1'];
  const set = await run(place, 'model', 'gates', 'set', 'affine', 'champion', ...gates);
  expect(set.stdout).toBe(`Gates of "champion" of affine:\n  ${gates.join('\n  ')}\n`);
  const shown = await runJson(place, 'model', 'gates', 'show', 'affine');
  expect(shown).toEqual({ model: 'affine', gates: { champion: gates } });
  expect((await run(place, 'model', 'gates', 'set', 'affine', 'champion')).exitCode).toBe(2);
  expect(
    (await run(place, 'model', 'gates', 'set', 'affine', 'champion', 'acc > 1')).exitCode,
  ).toBe(2);

  const failed = await run(place, 'model', 'promote', 'affine', '1');
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(/^FAILED +accuracy +>= 0.95 +0.9, pushed by ada$/m);
  expect(failed.stdout).toMatch(/^passed +goldenExamples +1 +1 of 1 passed, run by/m);
  expect(failed.stderr).toContain('2 of 3 gates failed');
  expect(failed.stderr).toContain('[ERR_REGISTRY_GATES_FAILED]');
  const checked = await run(place, 'model', 'gates', 'check', 'affine', '1', '--json');
  expect(checked.exitCode).toBe(1);
  expect(JSON.parse(checked.stdout)).toMatchObject({
    passed: false,
    gates: [{ passed: false }, {}, {}],
  });

  const own = await run(place, 'model', 'approve', 'affine', '1');
  expect(own.exitCode).toBe(2);
  expect(own.stderr).toContain('the approver must differ from the pusher');
  await runJson(place, 'model', 'approve', 'affine', '1', '--actor', 'bob', '-m', 'looked at it');
  const skipped = await run(
    place,
    'model',
    'promote',
    'affine',
    '1',
    '--skip-gates',
    'no other model',
  );
  expect(skipped).toMatchObject({ exitCode: 0 });
  expect(skipped.stdout).toContain('Gates were skipped: no other model');
  const history = await run(place, 'model', 'history', 'affine');
  expect(history.stdout).toContain('skipping gates: no other model');
  expect(history.stdout).toMatch(/^ {2}FAILED +accuracy +>= 0.95/m);
  await runJson(place, 'model', 'gates', 'set', 'affine', 'champion', '--none');
  expect((await run(place, 'model', 'gates', 'check', 'affine', '1')).exitCode).toBe(0);
});

test('tags, notes, measurements and archival are recorded in the history', async () => {
  const place = placeWithRegistry();
  const model = (...args: readonly string[]) => runJson(place, 'model', ...args);
  await model('push', 'affine', affine);
  expect(await model('tag', 'affine', 'owner=ada', 'url=https://a?b=c')).toMatchObject({
    tags: { owner: 'ada', url: 'https://a?b=c' },
  });
  expect(await model('tag', 'affine', 'stage=testing', '--of', '1')).toMatchObject({
    version: 1,
    tags: { stage: 'testing' },
  });
  expect(await model('tag', 'affine', '--delete', 'owner')).toMatchObject({
    tags: { url: 'https://a?b=c' },
  });
  expect((await run(place, 'model', 'tag', 'affine')).exitCode).toBe(2);
  expect((await run(place, 'model', 'tag', 'affine', 'owner')).exitCode).toBe(2);
  writeFileSync(join(place.folder, 'report.html'), '<p>');
  await model('measure', 'affine', '1', 'p99Ms=12.5', '--document', 'report.html');
  expect((await run(place, 'model', 'measure', 'affine', '1', 'p99Ms=fast')).stderr).toContain(
    '"fast"',
  );
  await model('note', 'affine', 'see the runbook', '--of', '1');
  await model('archive', 'affine', '1', '-m', 'wrong labels');
  const refused = await run(place, 'model', 'promote', 'affine', '1');
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.stderr).toContain('[ERR_REGISTRY_ARCHIVED]');
  await model('unarchive', 'affine', '1');
  await model('promote', 'affine', '1');
  expect((await run(place, 'model', 'archive', 'affine', '1')).exitCode).toBe(3);

  const shown = await run(place, 'model', 'show', 'affine', 'champion');
  expect(shown.stdout).toMatch(/^p99Ms +12.5, by ada/m);
  expect(shown.stdout).toMatch(/^tags +stage=testing$/m);
  const before = readTree(place.folder);
  for (const change of [
    ['tag', 'affine', 'a=b'],
    ['note', 'affine', 'x'],
    ['measure', 'affine', '1', 'p=1'],
    ['approve', 'affine', '1', '--actor', 'bob'],
    ['gates', 'set', 'affine', 'champion', 'approvedBy 1'],
  ]) {
    expect(await model(...change, '--dry-run')).toMatchObject({ dryRun: true, writes: [{}] });
  }
  expect(readTree(place.folder)).toEqual(before);
});

test('watch prints the version of an alias when it changes', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  const watching = run(place, 'model', 'watch', 'affine', '--count', '1', '--for', '60s');
  await runJson(place, 'model', 'promote', 'affine', '1', '-m', 'first');
  const { exitCode, stdout } = await watching;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^[-\dT:]+Z {2}champion → 1 \(was none\) {2}by ada: first\n$/);
  const now = await run(place, 'model', 'watch', 'affine', '--count', '1', '--json');
  expect(JSON.parse(now.stdout)).toMatchObject({ version: 1, reason: 'first' });
  expect((await run(place, 'model', 'watch', 'nope')).exitCode).toBe(4);
});

test('a version is signed with a separate key', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  const { keyId } = await runJson(place, 'key', 'signing', 'release');
  expect((await run(place, 'key', 'signing', 'release')).exitCode).toBe(2);
  expect(
    await runJson(place, 'model', 'sign', 'affine', '1', '--key', 'release.private.pem'),
  ).toMatchObject({
    signature: { keyId, model: 'affine', version: 1 },
  });
  await runJson(place, 'key', 'signing', 'other');
  const download = ['model', 'download', 'affine', '1', '--out', 'files', '--trusted-keys'];
  const untrusted = await run(place, ...download, 'other.public.pem');
  expect(untrusted.exitCode).toBe(6);
  expect(existsSync(join(place.folder, 'files'))).toBe(false);
  await runJson(place, ...download, 'release.public.pem', '--dry-run');
  expect(existsSync(join(place.folder, 'files'))).toBe(false);
  await runJson(place, ...download, 'release.public.pem');
  expect(readFileSync(join(place.folder, 'files/model.onnx'))).toEqual(readFileSync(affine));
  expect((await run(place, ...download, 'release.public.pem')).exitCode).toBe(2);
  const wrong = await run(place, 'model', 'sign', 'affine', '1', '--key', 'release.public.pem');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('[ERR_REGISTRY_INVALID_KEY]');
});

test('a gate on a metric that no version has is set with a warning', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine, '--metric', 'accuracy=0.9');
  const set = ['model', 'gates', 'set', 'affine', 'champion'];
  const mistyped = await run(place, ...set, 'acuracy >= 0.9', 'p99Ms <= 20');
  expect(mistyped.exitCode).toBe(0);
  expect(mistyped.stdout).toContain(
    'Warning: no version of affine has the metric "acuracy" (they have accuracy). Did you mean "accuracy"?',
  );
  expect(mistyped.stdout).not.toContain('metric "p99Ms"');
  const { warnings } = await runJson(place, ...set, 'acuracy >= champion - 0.1');
  expect(warnings).toHaveLength(1);
  expect((await run(place, ...set, 'accuracy >= 0.9')).stdout).not.toContain('Warning');
});

import { writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine, affineGolden } from './support/models.ts';

// As Windows editors and PowerShell save a file.
const encodings = [
  ['UTF-8', (text: string) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
] as const;

test.each(encodings)(
  'JSON files in %s with a byte order mark are read in a push',
  async (_, encode) => {
    const place = placeWithRegistry();
    const write = (name: string, value: unknown): void => {
      writeFileSync(join(place.folder, name), encode(JSON.stringify(value)));
    };
    await mkdir(join(place.folder, 'm'));
    await copyFile(affine, join(place.folder, 'm/model.onnx'));
    write('m/metadata.json', { metrics: { accuracy: 0.9 } });
    write('golden.json', { goldenExamples: affineGolden });
    writeFileSync(join(place.folder, 'card.md'), encode('# Affine'));
    const pushed = await runJson(
      place,
      ...['model', 'push', 'affine', 'm', '--golden', 'golden.json', '--card', 'card.md'],
    );
    expect(pushed.manifest).toMatchObject({
      metrics: { accuracy: 0.9 },
      goldenExamples: affineGolden,
      modelCard: '# Affine',
    });
    write('rows.json', affineGolden);
    const lines = affineGolden.map((example) => JSON.stringify(example)).join('\n');
    writeFileSync(join(place.folder, 'rows.jsonl'), encode(lines));
    writeFileSync(join(place.folder, 'rows.csv'), encode('x.0,x.1\n0,1\n'));
    for (const rows of ['rows.json', 'rows.jsonl']) {
      const parity = ['model', 'parity', 'affine', '1', '--rows', rows];
      expect(await runJson(place, ...parity), rows).toMatchObject({ report: { rows: 2 } });
    }
  },
);

test('a deployment and a keys file with a byte order mark are read', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'keys.json'), '\uFEFF{"keys": []}');
  const env = { FAIRLEAD_PEPPER: 'p'.repeat(40) };
  const keyed = { ...place, env: { ...place.env, ...env } };
  const keys = ['--keys-file', 'keys.json'];
  await runJson(keyed, 'key', 'create', '--client', 'a', '--scope', 'infer:*', ...keys);
  expect(await runJson(keyed, 'key', 'list', ...keys)).toMatchObject({ keys: [{ client: 'a' }] });

  writeFileSync(join(place.folder, 'deployment.json'), '\uFEFF{"name": 1}');
  const rendered = await run(place, 'render', 'deployment.json', '--out', 'etc');
  expect(rendered.stderr).not.toContain('JSON');
  expect(rendered.stderr).toContain('ERR_DEPLOYMENT_');
});

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { onnxModel, temporaryFolder } from '@fairlead/test-support';
import { expect, it } from 'vitest';

import { bucketsTemplate, commandsBelow, emptyAccount, type Account } from '../support/account.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/recovery.md'), 'utf8');
/** Release of the account that is lost. */
const digest = 'd'.repeat(64);
/** Key of its archive, which hosts download. */
const archive = `releases/archives/${digest}.tar`;

async function fill(account: Account, folder: string): Promise<void> {
  copyFileSync(onnxModel('affine'), join(folder, 'first.onnx'));
  copyFileSync(onnxModel('affine-next'), join(folder, 'second.onnx'));
  writeFileSync(join(folder, 'built.tar'), Buffer.alloc(1_000_000, 'release'));
  const registry = '--registry s3://acme-models/prod';
  for (const line of [
    `fairlead model push churn first.onnx ${registry}`,
    `fairlead model push churn second.onnx ${registry}`,
    `fairlead model promote churn 1 ${registry}`,
    `fairlead model promote churn 2 ${registry}`,
    `aws s3api put-object --bucket acme-releases --key ${archive} --body built.tar`,
  ]) {
    await account.run(line);
  }
}

it('the commands of docs/recovery.md restore every object into an empty account', async () => {
  const folder = temporaryFolder();
  const stack = bucketsTemplate();
  const lost = await emptyAccount(folder);
  await lost.account.createStack(stack);
  await fill(lost.account, folder);
  const times: Record<string, number> = {};
  const run = async (name: string, account: Account, heading: string) => {
    times[name] = 0;
    for (const line of commandsBelow(heading, digest)) times[name] += await account.run(line);
  };
  mkdirSync(join(folder, 'recovery'));
  await run('backup', lost.account, 'What has to be elsewhere');
  const before = {
    models: await lost.account.contents('acme-models'),
    releases: await lost.account.contents('acme-releases'),
  };
  expect(before.models.size).toBeGreaterThanOrEqual(8);
  await lost.drop();

  const { account } = await emptyAccount(folder);
  await expect(account.contents('acme-models')).rejects.toThrow('bucket');
  times.stack = await account.createStack(stack);
  await run('models', account, 'Restore the models');
  await run('releases', account, 'Restore the releases');
  expect(await account.contents('acme-models')).toEqual(before.models);
  expect(await account.contents('acme-releases')).toEqual(before.releases);
  const seconds = Object.entries(times).map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`);
  console.log(`recovery: ${seconds.join(', ')}`);
}, 600_000);

it('each command line of docs/recovery.md is run by a test', () => {
  const sections = [
    ...['What has to be elsewhere', 'Restore the models', 'Restore the releases'],
    // By recovery-volume.test.ts.
    'Restore a volume',
  ];
  const all = [...page.matchAll(/^\$ (.+)$/gm)].map(([, command]) => command);
  const run = sections.flatMap((heading) => {
    const [, section = ''] = page.split(`## ${heading}\n`);
    return [...(section.split('\n## ')[0] ?? '').matchAll(/^\$ (.+)$/gm)].map(([, line]) => line);
  });
  expect(run).toEqual(all);
});

import { existsSync } from 'node:fs';
import { temporaryFolder } from '@fairlead/test-support';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

test('a person types a key in, and sees the requests of a model as they come', async () => {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    user: { scopes: ['infer:*', 'metrics'] },
  });
  const { address, call } = await startGateway({
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
  });
  const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
  if (executablePath === undefined) throw new Error('install Chromium: apt-get install chromium');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  // Violations of the content security policy are reported here as well.
  page.on('console', (message) => {
    const expected = message.text().includes('status of 40');
    if (message.type() === 'error' && !expected) problems.push(message.text());
  });
  if (!('port' in address)) throw new Error('it has no port');
  await page.goto(`http://127.0.0.1:${address.port}/`);
  await page.getByText('A key with the scope "metrics" is needed here.').waitFor();
  expect(await page.locator('#live').isHidden()).toBe(true);
  await page.getByLabel('API key').fill(keys.user);
  await page.getByRole('button', { name: 'Show' }).click();
  const row = page.locator('#live-rows tr', { hasText: 'affine' });
  await row.waitFor();
  const requests = row.locator('td').nth(3);
  expect(await requests.textContent()).toBe('0');
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
  const headers = { authorization: `Bearer ${keys.user}` };
  for (let count = 0; count < 3; count += 1) {
    await call('/v2/models/affine/infer', { body: { inputs }, headers });
  }
  // Without a reload.
  await page.locator('#live-rows td:nth-child(4)', { hasText: /^3$/ }).waitFor();
  expect(await row.locator('svg polyline').count()).toBe(1);
  expect(await row.locator('td').nth(7).textContent()).toBe('–');
  expect(await page.locator('#errors').isHidden()).toBe(true);
  const wrong = { inputs: [{ ...inputs[0], data: [1, 'one'] }] };
  const from = { ...headers, 'x-request-id': 'wrong-1' };
  await call('/v2/models/affine/infer', { body: wrong, headers: from });
  const error = page.locator('#error-rows tr', { hasText: 'wrong-1' });
  await error.waitFor();
  expect(await error.locator('td').nth(3).textContent()).toBe('1');
  expect(problems).toEqual([]);
});

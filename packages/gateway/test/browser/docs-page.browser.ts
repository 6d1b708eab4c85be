import { existsSync } from 'node:fs';
import { temporaryFolder } from '@fairlead/test-support';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

const hostile = '<img src=x onerror=alert(1)>';

/** A browser of this machine on the page of a gateway with keys, with the errors that it reports. */
async function open(): Promise<{ page: Page; key: string; problems: string[] }> {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    user: { scopes: ['infer:*', 'admin'] },
  });
  const { address } = await startGateway({
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_PROTOCOLS: 'open-inference,tensorflow-serving,mlflow',
    FAIRLEAD_INVOCATIONS_MODEL: 'affine',
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
  await page.goto(`http://127.0.0.1:${address.port}/docs`);
  return { page, key: keys.user, problems };
}

test('a person types a key in, sends an example of each protocol, and sees the answer', async () => {
  const { page, key, problems } = await open();
  await page.getByText('A key is needed here.').waitFor();
  expect(await page.locator('#request').isHidden()).toBe(true);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Read the document' }).click();
  for (const path of [
    'POST /v2/models/affine/infer',
    'POST /v1/models/affine:predict',
    'POST /invocations',
  ]) {
    const label = await page.locator('option', { hasText: path }).textContent();
    await page.getByLabel('Request').selectOption({ label: label ?? '' });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#status', { hasText: /^200 OK in \d+\.\d ms$/ }).waitFor();
    await page.locator('#headers', { hasText: 'fairlead-version: 1' }).waitFor();
    // y = 2 x + 1 of zeros.
    await page.locator('#content', { hasText: /1,1/ }).waitFor();
    await page.evaluate("document.getElementById('status').textContent = ''");
  }
  expect(problems).toEqual([]);
});

test('a rejected response is shown as text, also with markup in it', async () => {
  const { page, key, problems } = await open();
  await page.getByText('A key is needed here.').waitFor();
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Read the document' }).click();
  await page.getByLabel('Body').waitFor();
  const label = await page
    .locator('option', { hasText: 'POST /v2/models/affine/infer' })
    .textContent();
  await page.getByLabel('Request').selectOption({ label: label ?? '' });
  await page
    .getByLabel('Body')
    .fill(`{"inputs":[{"name":"${hostile}","datatype":"FP32","shape":[1,2],"data":[1,2]}]}`);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#status', { hasText: /^400 Bad Request/ }).waitFor();
  expect(await page.locator('#content').textContent()).toContain(hostile);
  expect(await page.locator('img').count()).toBe(0);
  expect(problems).toEqual([]);
});

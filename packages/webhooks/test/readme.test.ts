import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { WebhookErrorCode, WebhookSender } from '@fairlead/webhooks';
import { startReceiver } from './webhook-receiver.ts';

const folder = new URL('../', import.meta.url);

test("the README's example of at most 15 lines delivers until the receiver takes the webhook", async () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  const { received, origin } = await startReceiver(500);
  mkdirSync(new URL('reports/', folder), { recursive: true });
  const file = new URL('reports/readme-example.ts', folder);
  const options = `['${origin}'], retryDelayMs: 1`;
  writeFileSync(file, code.replace("['https://hooks.example']", options));
  vi.stubEnv('WEBHOOK_SECRET', `whsec_${Buffer.alloc(32).toString('base64')}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { webhooks, notify } = (await import(/* @vite-ignore */ file.href)) as {
    webhooks: WebhookSender;
    notify: (url: string, id: string, event: object) => Promise<void>;
  };
  onTestFinished(() => webhooks.close());
  await notify(`${origin}/x`, 'id-1', { type: 'example' });
  expect(received.map(({ body }) => body)).toEqual(['{"type":"example"}', '{"type":"example"}']);
});

test('every error code has its paragraph, and every paragraph its code', () => {
  const codes: Record<WebhookErrorCode, true> = { ERR_WEBHOOKS_INVALID_OPTION: true };
  const page = readFileSync(new URL('../../docs/errors/webhooks.md', folder), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(Object.keys(codes).sort());
});

import { fileCursor, forwardPending } from '@fairlead/registry/webhooks';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { WebhookSender } from '@fairlead/webhooks';
import { expect, onTestFinished, test } from 'vitest';

test("the sender of the jobs' webhooks sends signed events of a registry", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-webhooks-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const calls: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      calls.push({ headers: req.headers, body });
      res.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = randomBytes(32);
  const sender = new WebhookSender({
    destinations: [origin],
    secrets: [`whsec_${key.toString('base64')}`],
  });
  onTestFinished(() => sender.close());

  const store = folderStore(join(folder, 'registry'), { create: true });
  const registry = new ModelRegistry({ store });
  const tensor = { name: 'x', datatype: 'FP32', shape: [-1] } as const;
  await registry.push({
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: { inputs: [tensor], outputs: [{ ...tensor, name: 'y' }] },
    files: { 'model.onnx': Buffer.from('weights') },
    actor: 'ada',
  });
  const cursor = fileCursor(join(folder, 'cursor.json'));
  const url = `${origin}/hooks/registry`;
  expect(await forwardPending({ store, url, sender, cursor, from: 'start' })).toBe(true);
  await registry.setAlias('digits', 'champion', 1, { actor: 'ada', reason: 'first' });
  expect(await forwardPending({ store, url, sender, cursor })).toBe(true);

  expect(calls.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
    'version.pushed',
    'alias.set',
  ]);
  for (const { headers, body } of calls) {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const wanted = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${wanted}`);
  }
  // An event for a destination that isn't allowed is not lost.
  await registry.setAlias('digits', 'candidate', 1, { actor: 'ada' });
  const elsewhere = { store, url: 'http://127.0.0.1:9/', sender, cursor };
  expect(await forwardPending(elsewhere)).toBe(false);
  expect(await forwardPending({ ...elsewhere, url })).toBe(true);
  expect(calls).toHaveLength(3);
});

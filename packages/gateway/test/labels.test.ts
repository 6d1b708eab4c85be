import { rmSync, writeFileSync } from 'node:fs';
import { captureFolder, LabelStore } from '@fairlead/capture';
import { temporaryFolder } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

async function start() {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    mine: { scopes: ['infer:affine'] },
    other: { scopes: ['infer:other'] },
  });
  const location = temporaryFolder();
  const started = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_STATE_FOLDER: temporaryFolder(),
    FAIRLEAD_CAPTURE_LOCATION: location,
  });
  const post = async (
    body: unknown,
    { as = 'mine', model = 'affine', headers = {} }: Partial<PostOptions> = {},
  ) => {
    const authorization = `Bearer ${keys[as]}`;
    const path = `/v2/models/${model}/labels`;
    const response = await started.call(path, { body, headers: { authorization, ...headers } });
    return { status: response.status, ...(JSON.parse(response.body) as Record<string, unknown>) };
  };
  const stored = () => new LabelStore({ objects: captureFolder(location) }).read('affine');
  return { ...started, keys, location, post, stored };
}

interface PostOptions {
  readonly as: 'mine' | 'other';
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
}

describe('labels of captured requests', () => {
  test('are stored durably, once for each row although a request is repeated; invalid, forbidden and failing requests store none', async () => {
    const gateway = await start();
    const labels = [
      { request_id: 'a', row: 0, label: 'stays', observed_at: '2020-11-28T16:00:00Z' },
      { request_id: 'a', row: 1, label: 3.5, observed_at: 1000 },
    ];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await gateway.post({ labels })).toEqual({ status: 200, model: 'affine', labels: 2 });
    }
    const { labels: found, duplicates } = await gateway.stored();
    expect(found).toMatchObject([
      { request_id: 'a', row: 0, label: 'stays', observed_at: Date.UTC(2020, 10, 28, 16) },
      { request_id: 'a', row: 1, label: 3.5, observed_at: 1000 },
    ]);
    expect(duplicates).toBe(2);

    const text = { request_id: 'b', label: 'x' };
    for (const [body, status, message] of [
      [{}, 400, 'expected an object with a list "labels"'],
      [[text], 400, 'expected an object with a list "labels"'],
      [{ labels: [text], more: 1 }, 400, 'expected an object with a list "labels"'],
      [{ labels: [text, null] }, 400, 'labels[1]: expected an object, found null'],
      [{ labels: [{ label: 1 }] }, 400, 'labels[0].request_id: expected a text'],
      [{ labels: [{ request_id: 'b' }] }, 400, 'labels[0].label: expected a number'],
      [{ labels: [{ ...text, row: -1 }] }, 400, 'labels[0].row: expected a whole number'],
      [{ labels: [text, { ...text, label: 'y' }] }, 400, 'labels[1].row: expected the row of'],
      [{ labels: [{ ...text, rows: 1 }] }, 400, 'did you mean "row"?'],
      [{ labels: [{ ...text, observed_at: 'today' }] }, 400, 'labels[0].observed_at: expected'],
      [{ labels: [{ ...text, observed_at: 0.5 }] }, 400, 'labels[0].observed_at: expected'],
      [{ labels: [{ ...text, observed_at: 8e15 }] }, 400, 'expected a time of at most a day'],
      [{ labels: Array.from({ length: 10_001 }, () => text) }, 413, 'has 10001 labels'],
      [{ labels: [{ ...text, label: 'x'.repeat(2 ** 20) }] }, 413, 'larger than 1048576 bytes'],
    ] as const) {
      expect(await gateway.post(body)).toMatchObject({
        status,
        code: 'ERR_GATEWAY_LABELS_INVALID',
        detail: expect.stringContaining(message) as unknown,
      });
    }
    const encoded = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(await gateway.post({ labels: [text] }, { headers: encoded })).toMatchObject({
      status: 415,
      detail: expect.stringContaining('must not be compressed') as unknown,
    });
    // None of an invalid request.
    expect((await gateway.stored()).labels).toHaveLength(2);

    expect(await gateway.post({ labels: [text] }, { as: 'other' })).toMatchObject({
      status: 403,
      code: 'ERR_SECURITY_SCOPE',
    });
    const other = { as: 'other', model: 'other' } as const;
    expect(await gateway.post({ labels: [text] }, other)).toMatchObject({
      status: 404,
      code: 'ERR_GATEWAY_LABELS_MODEL_NOT_FOUND',
    });
    const { status } = await gateway.call('/v2/models/affine/labels', { body: { labels: [text] } });
    expect(status).toBe(401);

    const headers = { authorization: `Bearer ${gateway.keys.mine}` };
    const document = JSON.parse((await gateway.call('/openapi.json', { headers })).body) as {
      paths: Record<string, { post?: { operationId?: string } }>;
    };
    const path = document.paths['/v2/models/affine/labels'];
    expect(path?.post?.operationId).toBe('labels.add.affine');

    rmSync(gateway.location, { recursive: true });
    writeFileSync(gateway.location, '');
    expect(await gateway.post({ labels: [text] })).toMatchObject({
      status: 503,
      code: 'ERR_GATEWAY_LABELS_UNAVAILABLE',
    });
    rmSync(gateway.location);
    expect(await gateway.post({ labels: [text] })).toMatchObject({ status: 200 });
  });

  test('have no route without a location of captures', async () => {
    const registry = temporaryFolder();
    await sampleRegistry(registry, onnxVersion('affine', 'affine'));
    const { call } = await startGateway({ FAIRLEAD_REGISTRY: registry });
    const body = { labels: [{ request_id: 'a', label: 1 }] };
    expect((await call('/v2/models/affine/labels', { body })).status).toBe(404);
    expect((await call('/openapi.json')).body).not.toContain('/labels');
  });
});

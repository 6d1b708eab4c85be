import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PushRequest } from '@fairlead/registry';
import { readTree, temporaryFolder, until } from '@fairlead/test-support';
import { baselineDocument, createBaseline } from '@fairlead/windows';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

/** Value of a sensitive feature, which single precision represents exactly. */
const SENTINEL = 987_654.3125;
const SENTINEL_TEXT = 'PLANTED-TEXT';

/** A version of `affine` whose second input and output are sensitive, although its baseline has them. */
function sensitiveVersion(): PushRequest {
  const version = onnxVersion('affine', 'affine');
  const { signature } = version;
  const tensor = (name: string) => ({
    ...{ name, datatype: 'FP32', shape: [-1, 2] as const },
    features: [{ name: `${name}_open` }, { name: `${name}_secret`, sensitive: true }],
  });
  const values = [1, 2, 3];
  const baseline = createBaseline(
    { 'x[0]': values, 'x[1]': values, 'y[0]': values, 'y[1]': values },
    { signature },
  );
  return {
    ...version,
    signature: { inputs: [tensor('x')], outputs: [tensor('y')] } as never,
    baseline: baselineDocument(baseline),
  };
}

/** The ways in which a number may be written into a file. */
function formsOf(value: number): readonly Buffer[] {
  const forms = [Buffer.from(String(value))];
  for (const array of [Float32Array.of(value), Float64Array.of(value)]) {
    forms.push(Buffer.from(array.buffer));
  }
  return forms;
}

test('values of sensitive features are in no window, captured request, waiting file, log or metric', async () => {
  const folder = temporaryFolder();
  const registry = join(folder, 'registry');
  mkdirSync(registry);
  await sampleRegistry(registry, sensitiveVersion());
  const { keysFile, keys } = writeKeysFile(folder, {
    client: { scopes: ['infer:*', 'metrics'] },
  });
  const captures = join(folder, 'captures');
  const variables = {
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_STATE_FOLDER: join(folder, 'state'),
    FAIRLEAD_CAPTURE_LOCATION: captures,
    FAIRLEAD_CAPTURE_SHARE: '1',
    FAIRLEAD_LOG_LEVEL: 'trace',
  };
  const first = await startGateway(variables);
  const infer = (data: readonly unknown[], id: string) =>
    first.call('/v2/models/affine/infer', {
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data }] },
      headers: { authorization: `Bearer ${keys.client}`, 'x-request-id': id },
    });
  for (let count = 0; count < 10; count += 1) {
    expect((await infer([7, SENTINEL], `id-${count}`)).status).toBe(200);
  }
  expect((await infer([7, SENTINEL_TEXT], 'invalid')).status).toBe(400);
  expect((await infer([7, SENTINEL, SENTINEL], 'too-long')).status).toBe(400);
  const headers = { authorization: `Bearer ${keys.client}` };
  const metrics = await until(async () => {
    const { body } = await first.call('/metrics', { headers });
    return body.includes('fairlead_capture_requests 10\n') && body;
  });
  await first.gateway.close();
  // Stores what waits, if the first one didn't have the time.
  const second = await startGateway(variables);
  const files = await until(() => {
    const parquet = Object.entries(readTree(captures)).filter(([name]) =>
      name.endsWith('.parquet'),
    );
    return parquet.length > 0 && parquet;
  });
  await second.gateway.close();

  const rows = await Promise.all(
    files.map(async ([, body]) => {
      return parquetReadObjects({ file: Uint8Array.from(Buffer.from(body, 'latin1')).buffer });
    }),
  );
  expect(rows.flat()).toHaveLength(10);
  expect(rows.flat()[0]).toMatchObject({ input_x_open: 7, output_y_open: 15, weight: 1 });

  expect(Object.keys(rows.flat()[0] ?? {}).filter((name) => name.includes('secret'))).toEqual([]);
  const log = [...first.logs, ...second.logs].join('');
  const contents = Object.entries({ ...readTree(folder), log, metrics });
  expect(contents.map(([name]) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^registry\/windows\/affine\/1\/.*\.json$/)]),
  );
  // y = 2 x + 1.
  const forbidden = [
    ...formsOf(SENTINEL),
    ...formsOf(2 * SENTINEL + 1),
    Buffer.from(SENTINEL_TEXT),
  ];
  const found = contents.flatMap(([name, body]) =>
    forbidden.filter((form) => Buffer.from(body, 'latin1').includes(form)).map(() => name),
  );
  expect(found).toEqual([]);
});

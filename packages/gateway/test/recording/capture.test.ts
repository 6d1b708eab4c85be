import { join } from 'node:path';
import { captureFolder } from '@fairlead/capture';
import { readTree, temporaryFolder, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

const DAY_MS = 86_400_000;

async function variablesOf(location: string, variables: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  return {
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_STATE_FOLDER: temporaryFolder(),
    FAIRLEAD_CAPTURE_LOCATION: location,
    ...variables,
  };
}

test('captured requests and labels are deleted at the age of the settings', async () => {
  const location = temporaryFolder();
  const objects = captureFolder(location);
  const dateOf = (days: number): string =>
    new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
  const keyOf = (days: number): string =>
    `captures/model=affine/version=1/date=${dateOf(days)}/hour=00/a.parquet`;
  const labelOf = (days: number): string => `labels/model=affine/date=${dateOf(days)}/a.jsonl`;
  for (const days of [3, 9]) {
    await objects.create(keyOf(days), new Uint8Array(0));
    await objects.create(labelOf(days), new Uint8Array(0));
  }
  await startGateway(await variablesOf(location, { FAIRLEAD_CAPTURE_RETENTION_DAYS: '7' }));
  await until(() => Object.keys(readTree(location)).length === 2);
  expect(Object.keys(readTree(location))).toEqual([keyOf(3), labelOf(3)]);
});

test('a store of captured requests that is away fails no request, and what does not fit into the state folder is counted', async () => {
  const location = join('/dev/null', 'captures');
  const started = await startGateway(
    await variablesOf(location, {
      FAIRLEAD_CAPTURE_SHARE: '1',
      FAIRLEAD_CAPTURE_SPOOL_BYTES: '5000',
    }),
  );
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
  for (let count = 0; count < 60; count += 1) {
    const { status } = await started.call('/v2/models/affine/infer', { body: { inputs } });
    expect(status).toBe(200);
  }
  const page = await until(async () => {
    const { body } = await started.call('/metrics');
    return body.includes('fairlead_capture_requests_seen_total 60\n') && body;
  });
  const valueOf = (name: string) =>
    Number(
      page
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  const captured = valueOf('fairlead_capture_requests');
  const lost = valueOf('fairlead_capture_requests_lost_total{reason="spool-full"}');
  expect(captured).toBeGreaterThan(0);
  expect(lost).toBeGreaterThan(0);
  expect(captured + lost).toBe(60);
  expect(valueOf('fairlead_capture_waiting_bytes')).toBeLessThanOrEqual(5000);
});

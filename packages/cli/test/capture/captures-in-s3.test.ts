import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startMoto } from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';
import { captureRequests } from '../support/captured-requests.ts';
import { run, runJson, runProcess } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('captured requests and labels in a bucket are queried like those in a folder', async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const aws = {
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  // The AWS SDK reads the environment of the process.
  for (const [name, value] of Object.entries(aws)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const folder = temporaryFolder();
  const at = Date.now() - 60_000;
  await captureRequests(folder, { model: 'churn', version: '3' }, [
    { id: 'a1', at, key: 'user 7' },
    { id: 'a2', at, key: 'user 8' },
  ]);
  const client = new S3Client({ endpoint: moto.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'captures' }));
  const captured = join(folder, 'captured');
  for (const entry of readdirSync(captured, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const Key = `prod${path.slice(captured.length)}`;
    await client.send(new PutObjectCommand({ Bucket: 'captures', Key, Body: readFileSync(path) }));
  }
  client.destroy();
  const temporary = temporaryFolder();
  const env = { ...aws, FAIRLEAD_CAPTURE_LOCATION: 's3://captures/prod', TMPDIR: temporary };
  const place = { folder, env };
  writeFileSync(join(folder, 'labels.csv'), 'request_id,row,label\na1,0,leaves\na2,1,stays\n');
  expect((await run(place, 'labels', 'import', 'churn', 'labels.csv')).stdout).toContain(
    'Imported 2 labels of churn.',
  );
  const sql =
    'SELECT request_id, "row", input_age AS age, label FROM labeled WHERE label IS NOT NULL ORDER BY ALL';
  const rows = [
    { request_id: 'a1', row: 0, age: 30, label: 'leaves' },
    { request_id: 'a2', row: 1, age: 41, label: 'stays' },
  ];
  expect(await runJson(place, 'capture', 'query', 'churn', sql)).toEqual(rows);
  // Also as a process, whose connections don't prevent its end, and of which nothing is left.
  const { exitCode, stdout } = await runProcess(place, 'capture', 'query', 'churn', sql, '--json');
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, rows]);
  expect(readdirSync(temporary)).toEqual([]);
  expect((await run(place, 'capture', 'query', 'missing', sql)).stderr).toContain(
    'no captured requests of missing in s3://captures/prod',
  );
  // SQL reads nothing else of this machine.
  const other = `SELECT * FROM read_csv('${join(folder, 'labels.csv')}')`;
  expect((await run(place, 'capture', 'query', 'churn', other)).stderr).toContain('DuckDB: ');
});

import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import request from 'supertest';
import type { SignatureErrorCode } from '@fairlead/signature';

const folder = new URL('../', import.meta.url);

test('the example of the README runs unchanged', async () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  mkdirSync(new URL('reports/', folder), { recursive: true });
  const file = new URL('reports/readme-example.ts', folder);
  writeFileSync(file, code);
  const { app } = (await import(/* @vite-ignore */ file.href)) as { app: RequestListener };

  const post = (data: readonly number[]) =>
    request(app)
      .post('/check')
      .set('content-type', 'application/json')
      .send(JSON.stringify({ name: 'age', datatype: 'INT64', shape: [data.length], data }));
  await post([20, 40]).expect(200, { people: 2 });
  const refused = await post([200]);
  expect(refused.text).toContain('expected values from 0 to 130, found 200 at element 0');
});

test('every error code has a paragraph, and every paragraph has a code', () => {
  const codes: Record<SignatureErrorCode, true> = {
    ERR_SIGNATURE_INVALID: true,
    ERR_SIGNATURE_KEY_REPEATED: true,
    ERR_SIGNATURE_MISMATCH: true,
    ERR_SIGNATURE_INVALID_OPTION: true,
    ERR_SIGNATURE_TABLE_INVALID: true,
    ERR_SIGNATURE_TENSOR_INVALID: true,
    ERR_SIGNATURE_NOT_TEXT: true,
    ERR_SIGNATURE_ONNX_FILES: true,
    ERR_SIGNATURE_ONNX_INVALID: true,
  };
  const page = readFileSync(new URL('../../docs/errors/signature.md', folder), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(Object.keys(codes).sort());
});

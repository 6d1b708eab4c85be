import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { chain, secureHeaders } from '@fairlead/security';
import { ModelServer, type ModelSource } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import supertest from 'supertest';
import { expect, onTestFinished, test } from 'vitest';
import { homePage } from '../src/http/home-page.ts';
import { onnxVersion } from './support/sample-registry.ts';

const hostile = `<img src=x onerror="alert('&')">`;

/** Has a version of `affine`; for every other model, a hostile reason. */
const source: ModelSource = {
  resolve: (model) =>
    model === 'affine' ? Promise.resolve({ version: 7 }) : Promise.reject(new Error(hostile)),
  openVersion: (model, version) => {
    const { runtime, signature, files } = onnxVersion(model, 'affine');
    const read = () => readFile(String(files['model.onnx']));
    return Promise.resolve({ manifest: { model, version, runtime, signature }, read });
  },
  async *follow(model, _alias, { signal }) {
    if (model === 'affine') yield { version: 7 };
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
  },
};

async function page(...names: readonly string[]) {
  const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime() } });
  onTestFinished(() => models.close());
  await Promise.all(names.map((name) => models.serve(name)));
  // The guard's headers come first, as in the gateway.
  const server = createServer(chain(secureHeaders(), homePage(models)));
  return { models, answer: await supertest(server).get('/').expect(200) };
}

test('names each model with its version, its platform and whether it is ready', async () => {
  const { answer } = await page('affine', 'broken');
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  const [models = ''] = answer.text.split('</table>');
  const rows = [...models.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell]) => cell),
  );
  expect(rows).toEqual([
    ['Model', 'Version', 'Platform', 'State'],
    ['affine', '7', 'onnx_onnxv1', 'ready'],
    ['broken', '–', '–', 'not ready'],
  ]);
  expect(answer.text).toContain('href="/v2/health/ready"');
});

test('a model that drains is not ready any more', async () => {
  const { models } = await page('affine');
  models.drain();
  const server = createServer(chain(homePage(models)));
  const { text } = await supertest(server).get('/');
  expect(text).toContain('<td class="waiting">not ready</td>');
});

test('hostile names stay text', async () => {
  const { answer } = await page(hostile);
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;';
  expect(answer.text).not.toContain('<img');
  // Once: the reason is for clients with a key only.
  expect(answer.text.split(escaped)).toHaveLength(2);
});

test('the policy lets in the one style and the one script of the page, and nothing else', async () => {
  const { answer } = await page('affine');
  const hashOf = (tag: string): string => {
    const [inline = [], ...others] = answer.text.matchAll(
      new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'),
    );
    expect(others).toEqual([]);
    return createHash('sha256')
      .update(inline[1] ?? '')
      .digest('base64');
  };
  const policy = String(answer.headers['content-security-policy']);
  expect(policy.split(';').sort()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    `script-src 'sha256-${hashOf('script')}'`,
    `style-src 'sha256-${hashOf('style')}'`,
  ]);
  // The page has nothing that its policy would block.
  expect(answer.text).not.toMatch(/<script\s|\son\w+=|\sstyle=|\ssrc=/i);
});

test('a failure reaches the error handler', async () => {
  const { models } = await page('affine');
  const failing = {
    get models(): readonly string[] {
      return ['gone'];
    },
    status: (name: string) => models.status(name),
  };
  const seen: unknown[] = [];
  const server = createServer((req, res) => {
    homePage(failing)(req, res, (error) => {
      seen.push(error);
      res.writeHead(500).end();
    });
  });
  await supertest(server).get('/').expect(500);
  expect(seen).toEqual([expect.objectContaining({ code: 'ERR_SERVING_MODEL_NOT_FOUND' })]);
});

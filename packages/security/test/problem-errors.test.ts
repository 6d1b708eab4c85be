import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { chain, problemErrors, requestId, SecurityError } from '../src/index.ts';
import { listen } from './support/listen.ts';

function foreign(message: string, fields: object): Error {
  return Object.assign(new Error(message), fields);
}

const planted = 'PLANTED /srv/app/secret.ts?key=fl_x';

describe('problemErrors', () => {
  it.each<[string, unknown, number, string]>([
    [
      'its own error',
      new SecurityError('ERR_SECURITY_SCOPE', 'Needs x.'),
      403,
      'ERR_SECURITY_SCOPE',
    ],
    [
      'a wrong setting',
      new SecurityError('ERR_SECURITY_INVALID_OPTION', planted),
      500,
      'ERR_SECURITY_INTERNAL',
    ],
    ['a plain error', new Error(planted), 500, 'ERR_SECURITY_INTERNAL'],
    ['a text', planted, 500, 'ERR_SECURITY_INTERNAL'],
    [
      'a 4xx of another library',
      foreign(planted, { status: 404 }),
      404,
      'ERR_SECURITY_REQUEST_REFUSED',
    ],
    [
      'an exposed one',
      foreign(planted, { statusCode: 422, expose: true }),
      422,
      'ERR_SECURITY_REQUEST_REFUSED',
    ],
    ['a 5xx of another library', foreign(planted, { status: 502 }), 500, 'ERR_SECURITY_INTERNAL'],
    ['a status that is none', foreign(planted, { status: 4_000 }), 500, 'ERR_SECURITY_INTERNAL'],
    ['a status in words', foreign(planted, { status: '404' }), 500, 'ERR_SECURITY_INTERNAL'],
  ])(
    'answers %s without anything planted, and reports only what is ours',
    async (_what, error, status, code) => {
      const reported: unknown[] = [];
      const app = express();
      app.use(requestId(), (_req, _res, next) => {
        next(error);
      });
      app.use(problemErrors({ onError: (reason) => reported.push(reason) }));
      const response = await request(app).get('/');
      expect(response.status).toBe(status);
      expect(response.headers['content-type']).toBe('application/problem+json');
      expect(response.body).toMatchObject({
        status,
        code,
        requestId: response.headers['x-request-id'],
      });
      expect(response.text).not.toMatch(/PLANTED|srv|fl_x|\.ts|at /);
      expect(reported).toEqual(status >= 500 ? [error] : []);
    },
  );

  it('lets the application describe the errors of other libraries', async () => {
    const { url } = await listen(
      chain(
        () => {
          throw foreign('No such model.', { code: 'ERR_REGISTRY_MODEL_NOT_FOUND' });
        },
        problemErrors({
          describe: (error) =>
            error instanceof Error &&
            'code' in error &&
            error.code === 'ERR_REGISTRY_MODEL_NOT_FOUND'
              ? { status: 404, code: error.code, detail: error.message, headers: { 'X-Why': 'a' } }
              : undefined,
        }),
      ),
    );
    const response = await fetch(url);
    expect(response.headers.get('x-why')).toBe('a');
    expect(await response.json()).toMatchObject({
      status: 404,
      code: 'ERR_REGISTRY_MODEL_NOT_FOUND',
      error: 'No such model.',
    });
  });

  it('drops the headers of the original response, keeps the others, and has no body for HEAD', async () => {
    const { url } = await listen(
      chain(requestId(), (_req, res) => {
        res.setHeader('Content-Encoding', 'gzip');
        res.setHeader('ETag', '"x"');
        res.setHeader('Content-Type', 'text/html');
        res.setHeader('Content-Length', '5');
        throw new SecurityError('ERR_SECURITY_SCOPE', 'Grüße, 你好 \ud800');
      }),
    );
    const response = await fetch(url);
    const text = await response.text();
    expect(response.headers.get('etag')).toBeNull();
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('x-request-id')).not.toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(text));
    expect(JSON.parse(text)).toMatchObject({ error: 'Grüße, 你好 \ud800' });
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.status).toBe(403);
    expect(await head.text()).toBe('');
  });

  it('keeps status and headers in an Express service with another error handler', async () => {
    const app = express().set('env', 'test');
    app.use((_req, _res, next) => {
      next(
        new SecurityError('ERR_SECURITY_RATE_LIMIT', 'Slow.', { headers: { 'Retry-After': '3' } }),
      );
    });
    const response = await request(app).get('/');
    expect(response.status).toBe(429);
    expect(response.headers['retry-after']).toBe('3');
  });
});

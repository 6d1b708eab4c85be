import express from 'express';
import type { RequestListener } from 'node:http';
import request from 'supertest';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  chain,
  problemErrors,
  requestId,
  SecurityError,
  type Chain,
  type ChainStep,
  type ErrorMiddleware,
  type Middleware,
} from '../src/index.ts';
import { listen } from './support/listen.ts';

const secret = 'postgres://admin:hunter2@/srv/secret/path';

function collect(): { readonly errors: unknown[]; readonly onError: (error: unknown) => void } {
  const errors: unknown[] = [];
  return { errors, onError: (error) => errors.push(error) };
}

describe('chain', () => {
  it('runs its steps in order, as a listener and as middleware', async () => {
    const seen: string[] = [];
    const step =
      (name: string): Middleware =>
      (_req, _res, next) => {
        seen.push(name);
        next();
      };
    const listener = chain(step('a'), chain(step('b'), chain(), step('c')), (_req, res) => {
      res.end('done');
    });
    expectTypeOf(listener).toExtend<RequestListener>();
    expectTypeOf(listener).toEqualTypeOf<Chain>();
    const { url } = await listen(listener);
    expect(await (await fetch(url)).text()).toBe('done');
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('responds with 404 as a problem when no step responds', async () => {
    const { url } = await listen(chain(requestId()));
    const response = await fetch(`${url}/nothing?key=${encodeURIComponent(secret)}`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const detail = 'Nothing answers this request; check the method and the path.';
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail,
      error: detail,
      code: 'ERR_SECURITY_NOT_FOUND',
      requestId: response.headers.get('x-request-id'),
    });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error(secret);
      },
    ],
    ['rejects', () => Promise.reject(new Error(secret))],
    [
      'passes an error to next()',
      (_req: unknown, _res: unknown, next: (error: unknown) => void) => {
        next(new Error(secret));
      },
    ],
  ])('responds with 500 without the cause when a step %s', async (_how, step) => {
    const { errors, onError } = collect();
    const { url } = await listen(chain(step, problemErrors({ onError })));
    const response = await fetch(url);
    const body = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ code: 'ERR_SECURITY_INTERNAL', status: 500 });
    expect(body).not.toMatch(/hunter2|srv|stack|\.ts/);
    expect(errors).toEqual([new Error(secret)]);
  });

  it.each<unknown>([undefined, null, 0, '', 'text', Symbol('odd')])(
    'counts a rejection with %s as a failure, nested or not',
    async (reason) => {
      const { errors, onError } = collect();
      const failing: ChainStep = () => ({
        then: (_resolve: unknown, reject: (reason: unknown) => void) => {
          reject(reason);
        },
      });
      const { url } = await listen(chain(chain(failing), problemErrors({ onError })));
      expect((await fetch(url)).status).toBe(500);
      expect(errors).toHaveLength(1);
    },
  );

  it('warns about a failure without an error handler', async () => {
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const { url } = await listen(
      chain(() => {
        throw new Error('seen only by the operator');
      }),
    );
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('operator');
    expect(await warned).toEqual(new Error('seen only by the operator'));
  });

  it('does not continue a request with a finished response', async () => {
    let ran = false;
    const { url } = await listen(
      chain(
        (_req, res, next) => {
          res.end('first');
          next();
        },
        (_req, res) => {
          ran = true;
          res.end('second');
        },
      ),
    );
    expect(await (await fetch(url)).text()).toBe('first');
    expect(ran).toBe(false);
  });

  it('runs the rest once although a step calls next() twice', async () => {
    let runs = 0;
    const { url } = await listen(
      chain(
        (_req, _res, next) => {
          next();
          next();
        },
        (_req, res) => {
          runs++;
          res.end('ok');
        },
      ),
    );
    await (await fetch(url)).text();
    expect(runs).toBe(1);
  });

  it('closes the connection when a step fails in the middle of its response', async () => {
    const { errors, onError } = collect();
    const { url } = await listen(
      chain(async (_req, res) => {
        res.write('half of an answer');
        await Promise.resolve();
        throw new Error('broke');
      }, problemErrors({ onError })),
    );
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    expect(errors).toEqual([new Error('broke')]);
  });

  it('passes a failure of the error handler to the default one', async () => {
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const failAgain: ErrorMiddleware = (error, req, _res, next) => {
      if (req.url === '/') throw new Error('second', { cause: error });
      next();
    };
    const { url } = await listen(
      chain(() => {
        throw new Error('first');
      }, failAgain),
    );
    expect((await fetch(url)).status).toBe(500);
    expect(await warned).toMatchObject({ message: 'second' });
  });

  it('passes unanswered requests and failures to Express', async () => {
    const app = express();
    app.use(
      chain(requestId(), (req, _res, next) => {
        next(req.url === '/bad' ? new SecurityError('ERR_SECURITY_SCOPE', 'no') : undefined);
      }),
    );
    app.get('/ok', (_req, res) => {
      res.send('express');
    });
    app.use(problemErrors());
    expect((await request(app).get('/ok')).text).toBe('express');
    const bad = await request(app).get('/bad');
    expect(bad.status).toBe(403);
    expect(bad.body).toMatchObject({ code: 'ERR_SECURITY_SCOPE', detail: 'no' });
  });

  it('accepts an Express application as its last step', async () => {
    const app = express();
    app.get('/ok', (_req, res) => {
      res.send('express');
    });
    const { url } = await listen(chain(requestId(), app));
    expect(await (await fetch(`${url}/ok`)).text()).toBe('express');
    const missing = await fetch(`${url}/missing`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
  });

  it('refuses at creation a step that is not a function, and an error handler in the middle', () => {
    const step: Middleware = (_req, _res, next) => {
      next();
    };
    // @ts-expect-error a string is no step
    expect(() => chain(step, 'step')).toThrow(/steps\[1\]: expected a function, got "step"/);
    // @ts-expect-error an error handler goes last
    expect(() => chain(problemErrors(), step)).toThrow(/steps\[0\].*only at the end/);
  });
});

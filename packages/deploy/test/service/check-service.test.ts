import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { expect, it, onTestFinished } from 'vitest';

import { checkService, type CheckServiceOptions } from '../../src/index.ts';

const check = {
  path: '/v2/models/m/infer',
  body: { inputs: [1] },
  expected: { outputs: [2] },
} as const;

async function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('sends each check as often as required, with the key, and compares each answer', async () => {
  const seen: unknown[] = [];
  let count = 0;
  const url = await serve((request, response) => {
    void text(request).then((body) => {
      seen.push([request.method, request.url, request.headers.authorization, body]);
      count += 1;
      // One host of three answers wrongly.
      response.end(JSON.stringify({ outputs: [count % 3 === 0 ? 9 : 2], more: true }));
    });
  });
  const [ready, infer] = await checkService({
    ...{ url, apiKey: 'fl_key', rounds: 3 },
    checks: [{ path: '/v2/health/ready' }, check],
  });
  expect(ready).toMatchObject({ path: '/v2/health/ready', requests: 3, failed: 0 });
  expect(infer).toMatchObject({
    ...{ requests: 3, failed: 1 },
    problem: 'the answer is {"outputs":[9],"more":true}, expected {"outputs":[2]}',
  });
  expect(seen).toHaveLength(6);
  expect(seen.slice(0, 2)).toEqual([
    ['GET', '/v2/health/ready', 'Bearer fl_key', ''],
    ['POST', check.path, 'Bearer fl_key', '{"inputs":[1]}'],
  ]);
});

it.each([
  ['a refusal', 401, '{"title":"no key"}', 'status 401: {"title":"no key"}'],
  ['a redirection, which is not followed', 302, '', 'status 302: '],
  ['an answer that is no JSON', 200, '<html>', 'the answer is <html>, expected'],
])('%s is a problem', async (_what, status, body, problem) => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.writeHead(status, { location: '/elsewhere' }).end(body);
  });
  const [found] = await checkService({ url, checks: [check] });
  expect(found.problem).toContain(problem);
  expect([found.failed, requests]).toEqual([1, 1]);
});

it('an answer that takes longer than the timeout is a problem', async () => {
  const url = await serve(() => undefined);
  const [found] = await checkService({ url, checks: [check], timeoutMs: 50 });
  expect(found).toMatchObject({ failed: 1, problem: 'no answer within 50 ms' });
});

it.each([
  [{ url: 'models' }, 'Option url is "models"'],
  [{ rounds: 0 }, 'Option rounds is 0'],
  [{ timeoutMs: 0.5 }, 'Option timeoutMs is 0.5'],
  [{ round: 1 }, 'Did you mean `rounds`?'],
])('rejects %j', async (options, message) => {
  const all = { url: 'http://127.0.0.1:1', checks: [check], ...options } as CheckServiceOptions;
  await expect(checkService(all)).rejects.toThrow(message);
});

import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  inferenceHandler,
  inferenceTarget,
  ModelServer,
  openInference,
  requestAccess,
  type Protocol,
} from '@fairlead/serving';
import { MemorySource } from '../memory-source.ts';

/** Too long to be among the known paths: each search for its route reaches the protocol. */
const NAME = 'm'.repeat(300);
const PATH = `/v2/models/${NAME}/infer`;

const searched: string[] = [];
const v2 = openInference();
const counting: Protocol = {
  ...v2,
  route: (path) => {
    searched.push(path);
    return v2.route(path);
  },
};
const protocols = [counting];

test('a request is searched for once, for authorization and metrics alike', () => {
  const req = { method: 'POST', url: `${PATH}?x=1` };
  searched.length = 0;
  expect(requestAccess(protocols, req)).toMatchObject({ type: 'infer', target: { model: NAME } });
  expect(inferenceTarget(protocols, req)).toMatchObject({ model: NAME });
  expect(searched).toEqual([PATH]);
});

test('a request whose URL was rewritten is routed again', () => {
  const req = { method: 'POST', url: `/mount${PATH}` };
  expect(requestAccess(protocols, req)).toBeUndefined();
  req.url = PATH;
  expect(requestAccess(protocols, req)).toMatchObject({ type: 'infer' });
  req.url = `/v2/models/${NAME}`;
  expect(requestAccess(protocols, req)).toMatchObject({ type: 'read' });
});

test('a request has one route for each list of protocols', () => {
  const req = { method: 'POST', url: PATH };
  expect(requestAccess([], req)).toBeUndefined();
  expect(requestAccess(protocols, req)).toMatchObject({ type: 'infer' });
  expect(requestAccess([], req)).toBeUndefined();
});

let server: Server;

beforeAll(() => {
  const source = new MemorySource([]);
  const handler = inferenceHandler(new ModelServer({ source, runtimes: {} }), { protocols });
  server = createServer((req, res) => {
    requestAccess(protocols, req);
    res.on('finish', () => inferenceTarget(protocols, req));
    handler(req, res);
  });
});

afterAll(() => {
  server.close();
});

test('the inference handler answers with the route that authorization found', async () => {
  searched.length = 0;
  const response = await request(server).post(PATH).send({ inputs: [] }).expect(404);
  expect(response.headers['fairlead-error']).toBe('ERR_SERVING_MODEL_NOT_FOUND');
  expect(searched).toEqual([PATH]);
});

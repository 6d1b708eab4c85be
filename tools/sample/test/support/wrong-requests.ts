import type { HttpRequest } from '@fairlead/test-support';
import type { JsonTensor } from './held-out.ts';

/** The limit of the sample's deployment, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

interface GoodRequest {
  readonly inputs: readonly JsonTensor[];
}

/** A request that must be rejected. */
export interface WrongRequest extends HttpRequest {
  /** Inference with `digits` by default. */
  readonly path?: string;
  /** Returns the body to send in place of a valid one. */
  readonly sent?: (good: GoodRequest) => unknown;
  readonly status: number;
  /** Texts that the error message must contain. */
  readonly says: readonly string[];
}

const tensor = (changes: object) => (good: GoodRequest) => ({
  inputs: [{ ...good.inputs[0], ...changes }],
});

/** Replaces the first element by a text, which need not be JSON. */
const data = (value: string) => (good: GoodRequest) =>
  JSON.stringify(good).replace(/"data":\[[^,]*/, `"data":[${value}`);

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Invalid requests by their mistake. */
export function wrongRequests(keys: {
  readonly sample: string;
  readonly narrow: string;
  readonly expired: string;
}): Readonly<Record<string, WrongRequest>> {
  return {
    'a wrong shape': {
      sent: tensor({ shape: [1, 63], data: new Array(63).fill(0) }),
      status: 400,
      says: ['"image"', '[any,64]', '[1,63]'],
    },
    'data that does not fill the shape': {
      sent: tensor({ shape: [2, 64] }),
      status: 400,
      says: ['"image"', '128', '64'],
    },
    'a wrong datatype': {
      sent: tensor({ datatype: 'INT64' }),
      status: 400,
      says: ['"image"', 'FP32', 'INT64'],
    },
    'an unknown datatype': {
      sent: tensor({ datatype: 'FLOAT' }),
      status: 400,
      says: ['"image"', 'FLOAT'],
    },
    'a wrong name': {
      sent: tensor({ name: 'pixels' }),
      status: 400,
      says: ['"pixels"', '"image"'],
    },
    'a missing input': { sent: () => ({ inputs: [] }), status: 400, says: ['"image"'] },
    'a value out of range': { sent: data('16.5'), status: 400, says: ['"image"', '16.5', '16'] },
    'text for a number': { sent: data('"0"'), status: 400, says: ['"image"'] },
    null: { sent: data('null'), status: 400, says: ['"image"'] },
    NaN: { sent: data('NaN'), status: 400, says: ['not JSON'] },
    'a number that is too large for a double': {
      sent: data('1e999'),
      status: 400,
      says: ['"image"'],
    },
    'broken JSON': { sent: () => '{"inputs":[', status: 400, says: ['not JSON'] },
    'an empty body': { sent: () => '', status: 400, says: ['empty', '{"inputs":['] },
    'JSON that is no request': { sent: () => '[1]', status: 400, says: ['{"inputs":['] },
    'an unknown output': {
      sent: (good) => ({ ...good, outputs: [{ name: 'logits' }] }),
      status: 400,
      says: ['"logits"', '"label", "probabilities"'],
    },
    'a huge body': {
      sent: () => Buffer.alloc(MAX_BODY_BYTES + 1, ' '),
      status: 413,
      says: ['larger than this service accepts'],
    },
    'a huge body of unknown length': {
      sent: () => Buffer.alloc(MAX_BODY_BYTES + 1, ' '),
      chunked: true,
      status: 413,
      says: ['larger than this service accepts'],
    },
    'an unknown model': {
      path: '/v2/models/numbers/infer',
      status: 404,
      says: ['"numbers"', '"digits"', '"breast-cancer-flask"'],
    },
    'a version that is not loaded': {
      path: '/v2/models/digits/versions/7/infer',
      status: 404,
      says: ['"digits"', '7', 'loaded: 1'],
    },
    'no key': { headers: { authorization: '' }, status: 401, says: ['Authorization: Bearer'] },
    'a wrong key': {
      headers: bearer(`${keys.sample.slice(0, -1)}_`),
      status: 401,
      says: ['Authorization: Bearer'],
    },
    'an expired key': {
      headers: bearer(keys.expired),
      status: 401,
      says: ['Authorization: Bearer'],
    },
    'a missing scope': {
      path: '/v2/models/breast-cancer/infer',
      headers: bearer(keys.narrow),
      status: 403,
      says: ['"infer:breast-cancer"'],
    },
    'a missing scope, with an escaped path': {
      path: '/v2/models/%62reast-cancer/infer',
      headers: bearer(keys.narrow),
      status: 403,
      says: ['"infer:breast-cancer"'],
    },
    'the metrics without their scope': {
      path: '/metrics',
      method: 'GET',
      headers: bearer(keys.narrow),
      status: 403,
      says: ['"metrics"'],
    },
    'a wrong media type': {
      headers: { 'content-type': 'text/csv' },
      status: 415,
      says: ['application/json'],
    },
    'an unsupported content encoding': {
      headers: { 'content-encoding': 'br' },
      status: 415,
      says: ['Content-Encoding'],
    },
    'a body that is not gzip, though its header says so': {
      headers: { 'content-encoding': 'gzip' },
      status: 400,
      says: ['not gzip'],
    },
    'a wrong method': { method: 'PUT', status: 405, says: ['POST', 'PUT'] },
    'an unknown path': { path: '/nowhere', method: 'GET', status: 404, says: ['path'] },
  };
}

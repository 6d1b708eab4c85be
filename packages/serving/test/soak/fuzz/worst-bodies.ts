import { deflateSync, gzipSync } from 'node:zlib';
import { post, type FuzzInput } from './fuzz-input.ts';

const MB = 1_000_000;
const fill = (piece: string, end = ''): string =>
  piece.repeat(Math.floor((MB - 300) / piece.length)) + end;
const infer = (model: string, body: string, headers = {}): FuzzInput =>
  post(`/v2/models/${model}/infer`, body, { 'content-type': 'application/json', ...headers });
/** A request for one tensor, whose data are given as JSON text; `shape` too. */
const tensor = (model: string, shape: string, data: string, more = ''): FuzzInput => {
  const datatype = model.toUpperCase();
  return infer(
    model,
    `{"inputs":[{"name":"x","datatype":"${datatype}","shape":${shape},"data":${data}}]${more}}`,
  );
};
const listOf = (piece: string): readonly [count: number, list: string] => {
  const count = Math.floor((MB - 300) / (piece.length + 1));
  return [count, `[${`${piece},`.repeat(count).slice(0, -1)}]`];
};
const flat = (model: string, piece: string): FuzzInput => {
  const [count, list] = listOf(piece);
  return tensor(model, `[1,${count}]`, list);
};
const binary = (model: string, shape: string, bytes: Buffer, more = ''): FuzzInput => {
  const head = Buffer.from(
    `{"inputs":[{"name":"x","datatype":"${model.toUpperCase()}","shape":${shape},"parameters":{"binary_data_size":${bytes.length}}}]${more}}`,
  );
  return post(`/v2/models/${model}/infer`, Buffer.concat([head, bytes]), {
    'inference-header-content-length': String(head.length),
  });
};
const keys = (count: number, name: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `"${name(index)}":0`).join(',');
const floats = (count: number, at: (index: number) => number): Buffer => {
  const data = Float32Array.from({ length: count }, (_, index) => at(index));
  return Buffer.from(data.buffer);
};
const csv = (text: string): FuzzInput => post('/invocations', text, { 'content-type': 'text/csv' });
const score = (text: string): FuzzInput =>
  post('/invocations', text, { 'content-type': 'application/json' });

/** Bodies of a megabyte, each made to keep a decoder busy as long as one of that size can, by what is special in it. */
export function worstBodies(): Readonly<Record<string, FuzzInput>> {
  const [digits, integers] = [fill('9'), listOf('9007199254740993')];
  const small = listOf('{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}')[1];
  const unknown = listOf('{"name":"unknown","datatype":"FP32","shape":[0],"data":[]}')[1];
  const random = floats(249_000, (index) => Math.sin(index) * 1e3);
  const strings = (length: number): Buffer => {
    const element = Buffer.alloc(4 + length, 'a');
    element.writeUInt32LE(length);
    return Buffer.concat(
      Array.from({ length: Math.floor((MB - 300) / element.length) }, () => element),
    );
  };
  return {
    'integers of one digit, FP32': flat('fp32', '1'),
    'numbers of all digits, FP64': flat('fp64', '0.12345678901234567'),
    'numbers of one digit, FP16': flat('fp16', '1'),
    'integers of one digit, INT64': flat('int64', '1'),
    'integers beyond 2^53, INT64': tensor('int64', `[1,${integers[0]}]`, integers[1]),
    'one integer beyond 2^53 among 500,000': tensor(
      'int64',
      '[1,495000]',
      `[9007199254740993,${'1,'.repeat(494_999).slice(0, -1)}]`,
    ),
    'an integer of a million digits, INT64': tensor('int64', '[1,1]', `[${digits}]`),
    'the same behind one beyond 2^53': tensor('int64', '[1,2]', `[9007199254740993,${digits}]`),
    'integers of 309 digits behind one beyond 2^53': tensor(
      'int64',
      '[1,3000]',
      `[9007199254740993,${`${'9'.repeat(308)},`.repeat(2999).slice(0, -1)}]`,
    ),
    'numbers beyond doubles, FP64': flat('fp64', '1e400000'),
    'a fraction of a million digits': tensor('fp64', '[1,1]', `[0.${digits}]`),
    'an exponent of a million digits': tensor('fp64', '[1,1]', `[1e${digits}]`),
    booleans: flat('bool', 'true'),
    'empty strings': flat('bytes', '""'),
    'strings of one letter': flat('bytes', '"a"'),
    'strings of one escape': flat('bytes', '"\\u00e9"'),
    'a string of a million escapes': tensor('bytes', '[1,1]', `["${fill('\\n')}"]`),
    'a string of backslashes': tensor('bytes', '[1,1]', `["${fill('\\\\')}"]`),
    'a string of escaped quotes': tensor('bytes', '[1,1]', `["${fill('\\"')}"]`),
    'a string that never ends': tensor('bytes', '[1,1]', `["${fill('\\"')}`),
    'a string of colons': tensor('bytes', '[1,1]', `["${fill(':')}"]`),
    'strings of colons': flat('bytes', '":"'),
    'nested a million deep': infer('fp32', fill('[')),
    'nested a million deep in braces': infer('fp32', fill('{"a":')),
    'nested as deep as is allowed, side by side': infer(
      'fp32',
      `{"a":[${listOf(`${'['.repeat(97)}${']'.repeat(97)}`)[1]}]}`,
    ),
    'lists of one': (() => {
      const [count, list] = listOf('[1]');
      return tensor('fp32', `[${count},1]`, list);
    })(),
    'lists of none': (() => {
      const [count, list] = listOf('[]');
      return tensor('fp32', `[${count},0]`, list);
    })(),
    'many keys': infer('fp32', `{${keys(90_000, (index) => `k${index}`)}}`),
    'many keys that are numbers': infer('fp32', `{${keys(90_000, String)}}`),
    'many keys that are great numbers': infer(
      'fp32',
      `{${keys(60_000, (index) => String(4294967296 + index * 65536))}}`,
    ),
    'many short keys with an escape at the end': infer(
      'fp32',
      `{${keys(90_000, (index) => `k${index}`)},"\\n":0}`,
    ),
    'many escaped keys': infer('fp32', `{${keys(60_000, (index) => `\\n${index}`)}}`),
    'one key twice at the end of many': infer(
      'fp32',
      `{${keys(90_000, (index) => `k${index}`)},"k0":0}`,
    ),
    'objects of none': infer('fp32', `{"inputs":${listOf('{}')[1]}}`),
    'objects of one': infer('fp32', `{"a":${listOf('{"a":0}')[1]}}`),
    'objects of one with a colon in a string': infer(
      'fp32',
      `{"b":":","a":${listOf('{"a":0}')[1]}}`,
    ),
    'many small tensors': infer('fp32', `{"inputs":${small}}`),
    'many small tensors of unknown names': infer('fp32', `{"inputs":${unknown}}`),
    'one tensor with a long name': infer(
      'fp32',
      `{"inputs":[{"name":"${fill('n')}","datatype":"FP32","shape":[1],"data":[1]}]}`,
    ),
    'a long unknown datatype': infer(
      'fp32',
      `{"inputs":[{"name":"x","datatype":"${fill('n')}","shape":[1],"data":[1]}]}`,
    ),
    'many outputs': infer(
      'fp32',
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}],"outputs":${listOf('{"name":"x"}')[1]}}`,
    ),
    'a shape of many dimensions': tensor('fp32', listOf('1')[1], '[1]'),
    'a shape whose product overflows': tensor('fp32', '[9007199254740991,9007199254740991]', '[1]'),
    'no elements in a great many rows': tensor('fp32', '[1000000000000000,0]', '[]'),
    'the same, classified': tensor(
      'fp32',
      '[1000000000,0]',
      '[]',
      ',"outputs":[{"name":"x","parameters":{"classification":3}}]',
    ),
    'white space': infer('fp32', fill(' ', '{}')),
    'no UTF-8': post('/v2/models/fp32/infer', Buffer.alloc(MB, 0xff)),
    'no UTF-8 at the end': post(
      '/v2/models/fp32/infer',
      Buffer.concat([Buffer.from(fill(' ')), Buffer.from([0xff])]),
    ),
    'binary, FP32': binary('fp32', '[1,249000]', random),
    'binary, answered in binary': binary(
      'fp32',
      '[1,249000]',
      random,
      ',"parameters":{"binary_data_output":true}',
    ),
    'binary, BOOL': binary('bool', '[1,999000]', Buffer.alloc(999_000, 1)),
    'binary, empty strings': binary('bytes', '[1,249925]', strings(0)),
    'binary, strings of one letter': binary('bytes', '[1,199940]', strings(1)),
    'binary, a length that lies': binary('bytes', '[1,1]', Buffer.alloc(999_000, 0xff)),
    'binary, the three largest of 249,000': binary(
      'fp32',
      '[1,249000]',
      random,
      ',"outputs":[{"name":"x","parameters":{"classification":3}}]',
    ),
    'binary, all of 249,000 in their order': binary(
      'fp32',
      '[1,249000]',
      random,
      ',"outputs":[{"name":"x","parameters":{"classification":249000}}]',
    ),
    'binary, the largest of each of 249,000 rows': binary(
      'fp32',
      '[249000,1]',
      random,
      ',"outputs":[{"name":"x","parameters":{"classification":1}}]',
    ),
    'binary, the largest of each of 500 rows': binary(
      'fp32',
      '[500,498]',
      random,
      ',"outputs":[{"name":"x","parameters":{"classification":498}}]',
    ),
    'raw, FP32': post('/v2/models/fp32/infer', random, { 'inference-header-content-length': '0' }),
    'gzip of white space': infer('fp32', '', {}),
    'instances of one number': post('/v1/models/fp32:predict', `{"instances":${listOf('1')[1]}}`),
    'instances of lists of one': post(
      '/v1/models/fp32:predict',
      `{"instances":${listOf('[1]')[1]}}`,
    ),
    'instances that are objects': post(
      '/v1/models/two:predict',
      `{"instances":${listOf('{"a":1,"b":["x"]}')[1]}}`,
    ),
    'inputs in columns': post('/v1/models/fp32:predict', `{"inputs":{"x":${listOf('[1]')[1]}}}`),
    'one row of many columns': post('/models/fp32/invoke', `{"instances":[${listOf('1')[1]}]}`, {
      'content-type': 'application/json',
    }),
    'a frame of many columns': score(
      `{"dataframe_split":{"columns":${listOf('"c"')[1]},"data":[]}}`,
    ),
    'a frame of many rows': score(
      `{"dataframe_split":{"columns":["width","height"],"data":${listOf('[1,2]')[1]}}}`,
    ),
    'a frame of rows of none': score(`{"dataframe_split":{"data":${listOf('[]')[1]}}}`),
    records: score(`{"dataframe_records":${listOf('{"width":1,"height":2}')[1]}}`),
    'one record of many columns': score(
      `{"dataframe_records":[{${keys(90_000, (index) => `k${index}`)}}]}`,
    ),
    'CSV of two columns': csv(`width,height\n${fill('1,2\n')}`),
    'CSV of many columns': csv(`${fill('a,', 'a')}\n1`),
    'CSV of one line of many cells': csv(`width,height\n${fill('1,', '1')}`),
    'CSV of empty lines': csv(`width,height\n${fill('\n')}`),
    'CSV of quoted cells': csv(`width,height\n${fill('"1","2"\n')}`),
    'CSV of a quote that never ends': csv(`width,height\n"${fill('1,')}`),
    'CSV of escaped quotes': csv(`width,height\n"${fill('""')}",1`),
    'CSV of a cell of digits': csv(`width,height\n${fill('1', 'x')},1`),
    'CSV of a cell of blanks': csv(`width,height\n1${fill(' ')}x,1`),
    'CSV of line feeds and carriage returns': csv(`width,height\n${fill('\r\n')}`),
    'gzip, FP32': post('/v2/models/fp32/infer', gzipSync(flat('fp32', '1').body), {
      'content-encoding': 'gzip',
    }),
    'gzip of a gigabyte of blanks': post(
      '/v2/models/fp32/infer',
      gzipSync(Buffer.alloc(200_000_000, 32)),
      { 'content-encoding': 'gzip' },
    ),
    'deflate, FP32': post('/v2/models/fp32/infer', deflateSync(flat('fp32', '1').body), {
      'content-encoding': 'deflate',
    }),
  };
}

import { deflateSync, gzipSync } from 'node:zlib';
import { frame, grpcPath, inferMessage } from './grpc-message.ts';

/** One request whose effect on the event loop is measured. */
export interface TestBody {
  readonly name: string;
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent over HTTP/2 to the port of gRPC. */
  readonly isGrpc?: boolean;
  /** Sent without the key. */
  readonly isAnonymous?: boolean;
}

/** The limit that ships, less some room for what is around a text. */
const MOST = 16 * 1024 * 1024 - 1024;
const INFER = '/v2/models/m/infer';
const PREDICT = '/v1/models/m:predict';
const SCORE = '/invocations';
/** Of the model "medium": 16 MiB are some ten thousand rows. */
const COLUMNS = 256;
const BINARY = 'application/octet-stream';

/** Pieces of a text up to the limit, separated by commas. */
function list(piece: string, most = MOST): { readonly text: string; readonly count: number } {
  const count = Math.floor(most / (piece.length + 1));
  return { text: `[${`${piece},`.repeat(count - 1)}${piece}]`, count };
}

function keys(count: number, key: (index: number) => string): string {
  return `{${Array.from({ length: count }, (_, index) => `"${key(index)}":0`).join(',')}}`;
}

function tensor(data: string, shape: readonly number[] | string, datatype = 'FP32', more = '') {
  const text = typeof shape === 'string' ? shape : JSON.stringify(shape);
  return `{"inputs":[{"name":"x","datatype":"${datatype}","shape":${text},"data":${data}}]${more}}`;
}

/** A list whose length is a whole number of rows, with that number. */
function rowsOf(piece: string, most = MOST): { readonly text: string; readonly rows: number } {
  const rows = Math.floor(most / (piece.length + 1) / COLUMNS);
  return { text: list(piece, rows * COLUMNS * (piece.length + 1)).text, rows };
}

const row = `[${Array.from({ length: COLUMNS }, () => '1').join(',')}]`;

function binary(json: object, bytes: Buffer): Pick<TestBody, 'body' | 'headers'> {
  const head = Buffer.from(JSON.stringify(json));
  const headers = {
    'inference-header-content-length': String(head.length),
    'content-type': BINARY,
  };
  return { body: Buffer.concat([head, bytes]), headers };
}

/** Binary rows of FP32 up to the limit. */
function binaryRows(more: object = {}): Pick<TestBody, 'body' | 'headers'> {
  const rows = Math.floor((MOST - 1024) / (4 * COLUMNS));
  const bytes = Buffer.alloc(rows * 4 * COLUMNS, 1);
  const parameters = { binary_data_size: bytes.length };
  const x = { name: 'x', datatype: 'FP32', shape: [rows, COLUMNS], parameters };
  return binary({ inputs: [x], ...more }, bytes);
}

/** Every body, made one at a time: together they are half a gigabyte. */
export function* testBodies(): Generator<TestBody> {
  yield* ofTensors();
  yield* ofStructure();
  yield* ofBinary();
  yield* ofRows();
  yield* compressed();
  yield* refused();
  yield* overGrpc();
}

function* json(
  entries: Iterable<readonly [string, () => string]>,
  path = INFER,
): Generator<TestBody> {
  for (const [name, text] of entries) yield { name, path, body: Buffer.from(text()) };
}

function ofTensors(): Generator<TestBody> {
  return json([
    ['right: one row', () => tensor(row, [1, COLUMNS])],
    ['right: 64 KiB of numbers', () => rightRows('0.1234567', 65_000)],
    ['right: 1 MiB of numbers', () => rightRows('0.1234567', 1024 * 1024)],
    ['right: 16 MiB of numbers of 17 digits', () => rightRows('0.12345678901234567')],
    ['16 MiB of numbers of one digit', () => rightRows('1')],
    ['right: 8 MiB of numbers of one digit', () => rightRows('1', MOST / 2)],
    [
      'right: nested rows',
      () => tensor(list(row, MOST / 4).text, [list(row, MOST / 4).count, COLUMNS]),
    ],
    ['a wrong length', () => tensor(list('1.5').text, [1, COLUMNS])],
    ['one long number', () => tensor(`[${'9'.repeat(MOST - 200)}]`, [1, 1])],
    ['numbers beyond FP32', () => tensor(list('1e999').text, [list('1e999').count])],
    [
      'integers beyond 2^53',
      () => tensor(list('9007199254740993').text, [list('9007199254740993').count], 'INT64'),
    ],
    [
      'strings of one escape',
      () => tensor(list('"\\u00e9"').text, [list('"\\u00e9"').count], 'BYTES'),
    ],
    ['500,000 empty strings', () => tensor(list('""', 1_500_000).text, [500_000], 'BYTES')],
    ['130,000 strings', () => tensor(list('"abcdefgh"', 130_000 * 11).text, [130_000], 'BYTES')],
    ['one string of escapes', () => tensor(`["${'\\u0000'.repeat(2_700_000)}"]`, [1], 'BYTES')],
    ['a shape of 2^62', () => tensor('[1]', '[2147483647,2147483647]')],
    ['a long shape', () => tensor('[1]', list('1').text)],
  ]);
}

function rightRows(piece: string, most = MOST): string {
  const { text, rows } = rowsOf(piece, most - 200);
  return tensor(text, [rows, COLUMNS]);
}

function ofStructure(): Generator<TestBody> {
  return json([
    ['lists in lists', () => '['.repeat(MOST)],
    ['lists 99 deep, side by side', () => `{"a":${list('['.repeat(97) + ']'.repeat(97)).text}}`],
    ['objects in objects', () => '{"a":'.repeat(MOST / 5)],
    ['1,150,000 keys', () => keys(1_150_000, (index) => `k${index.toString(16)}`)],
    ['260,000 keys', () => keys(260_000, (index) => `k${index.toString(16)}`)],
    ['numeric keys', () => keys(1_150_000, String)],
    [
      '260,000 great numeric keys',
      () => keys(260_000, (index) => String(4_294_967_296 + index * 65_536)),
    ],
    ['escaped keys', () => keys(900_000, (index) => `\\u0061${index.toString(16)}`)],
    ['260,000 escaped keys', () => keys(260_000, (index) => `\\u0061${index.toString(16)}`)],
    ['objects of one key', () => `{"a":${list('{"a":0}').text}}`],
    [
      '260,000 objects, and an escape',
      () => `{"b":"\\n","a":${list('{"a":0}', 260_000 * 8 - 20).text}}`,
    ],
    ['empty objects as inputs', () => `{"inputs":${list('{}').text}}`],
    [
      'many tensors',
      () => `{"inputs":${list('{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}').text}}`,
    ],
    [
      'many outputs',
      () => tensor(row, [1, COLUMNS], 'FP32', `,"outputs":${list('{"name":"y"}', 2_000_000).text}`),
    ],
    ['a million lists', () => `{"inputs":${list('[]', 3_000_000).text}}`],
    ['64 KiB of keys', () => keys(5000, (index) => `k${index.toString(16)}`)],
    ['not JSON at its end', () => `${rightRows('0.5')}}`],
  ]);
}

function* ofBinary(): Generator<TestBody> {
  yield {
    name: 'right: binary in, binary out',
    path: INFER,
    ...binaryRows({ parameters: { binary_data_output: true } }),
  };
  yield { name: 'binary in, JSON out', path: INFER, ...binaryRows() };
  const classification = { name: 'y', parameters: { classification: 1 } };
  yield {
    name: 'binary in, classification out',
    path: INFER,
    ...binaryRows({ outputs: [classification] }),
  };
  const flags = Buffer.alloc(MOST - 1024, 1);
  const of = (datatype: string, bytes: Buffer, count: number): object => {
    const parameters = { binary_data_size: bytes.length };
    return { inputs: [{ name: 'x', datatype, shape: [count], parameters }] };
  };
  yield {
    name: '16 million flags in binary',
    path: INFER,
    ...binary(of('BOOL', flags, flags.length), flags),
  };
  const empty = Buffer.alloc(MOST - 1024);
  yield {
    name: '4 million strings in binary',
    path: INFER,
    ...binary(of('BYTES', empty, empty.length / 4), empty),
  };
  const lying = Buffer.alloc(MOST - 1024, 255);
  yield { name: 'strings of a lying length', path: INFER, ...binary(of('BYTES', lying, 1), lying) };
  const beyond = { 'inference-header-content-length': '999999999', 'content-type': BINARY };
  yield {
    name: 'a head longer than the body',
    path: INFER,
    body: Buffer.from('{}'),
    headers: beyond,
  };
  const raw = { 'inference-header-content-length': '0', 'content-type': BINARY };
  yield { name: 'raw bytes', path: INFER, body: Buffer.alloc(4 * COLUMNS), headers: raw };
}

function* ofRows(): Generator<TestBody> {
  yield* json(
    [
      ['TensorFlow: rows', () => `{"instances":${list(row, MOST / 4).text}}`],
      ['TensorFlow: objects', () => `{"instances":${list('{"x":[1]}').text}}`],
      ['TensorFlow: empty rows', () => `{"instances":${list('[]').text}}`],
      [
        'TensorFlow: bytes in base64',
        () => `{"instances":${list('{"b64":"AA=="}', 2_000_000).text}}`,
      ],
    ],
    PREDICT,
  );
  yield* json(
    [
      ['MLflow: a split frame', () => `{"dataframe_split":{"data":${list(row, MOST / 4).text}}}`],
      ['MLflow: records', () => `{"dataframe_records":${list('{"a":1,"b":2}', 1_500_000).text}}`],
      ['MLflow: ragged inputs', () => `{"inputs":${list('[1]', 2_000_000).text}}`],
    ],
    SCORE,
  );
  const csv = { 'content-type': 'text/csv' };
  const line = `${Array.from({ length: COLUMNS }, () => '1').join(',')}\n`;
  const names = `${Array.from({ length: COLUMNS }, (_, index) => `c${index}`).join(',')}\n`;
  const texts: readonly (readonly [string, string])[] = [
    ['CSV of rows', names + line.repeat(Math.floor(MOST / 4 / line.length))],
    ['CSV of one column', `x\n${'1\n'.repeat(MOST / 2 - 2)}`],
    ['CSV of one line', `x\n${'1,'.repeat(MOST / 2 - 2)}`],
    ['CSV of quotes', `x\n${'"a""b"\n'.repeat(MOST / 8)}`],
    ['CSV of one open quote', `x\n"${'a'.repeat(MOST - 3)}`],
  ];
  for (const [name, text] of texts)
    yield { name, path: SCORE, body: Buffer.from(text), headers: csv };
}

function* compressed(): Generator<TestBody> {
  const gzip = { 'content-encoding': 'gzip' };
  const ones = rightRows('1');
  yield { name: 'gzip of 16 MiB of ones', path: INFER, body: gzipSync(ones), headers: gzip };
  const sines = Array.from({ length: 2500 * COLUMNS }, (_, index) => Math.sin(index));
  const right = tensor(JSON.stringify(sines), [2500, COLUMNS]);
  yield {
    name: 'right: gzip of 13 MiB of numbers',
    path: INFER,
    body: gzipSync(right),
    headers: gzip,
  };
  const blanks = gzipSync(Buffer.alloc(500_000_000, ' '));
  yield { name: 'gzip of 500 MB of blanks', path: INFER, body: blanks, headers: gzip };
  const deflate = { 'content-encoding': 'deflate' };
  yield {
    name: 'deflate of 16 MiB of ones',
    path: INFER,
    body: deflateSync(ones),
    headers: deflate,
  };
  const twice = gzipSync(gzipSync(Buffer.alloc(10_000_000, ' ')));
  yield { name: 'gzip in gzip', path: INFER, body: twice, headers: gzip };
}

function* refused(): Generator<TestBody> {
  const body = Buffer.from(rightRows('1'));
  yield { name: '401: no key', path: INFER, body, isAnonymous: true };
  yield { name: '404: no such model', path: '/v2/models/none/infer', body };
  yield { name: '413: too large', path: INFER, body: Buffer.alloc(MOST + 2048, ' ') };
  yield { name: '415: another type', path: INFER, body, headers: { 'content-type': 'text/xml' } };
  const invalid = Buffer.concat([Buffer.alloc(MOST - 4, ' '), Buffer.from([0xff, 0xfe])]);
  yield { name: 'not UTF-8', path: INFER, body: invalid };
}

function* overGrpc(): Generator<TestBody> {
  const call = (name: string, message: Buffer, isCompressed = false): TestBody => ({
    name,
    path: grpcPath,
    body: frame(isCompressed ? gzipSync(message) : message, isCompressed),
    headers: isCompressed ? { 'grpc-encoding': 'gzip' } : {},
    isGrpc: true,
  });
  const rows = Math.floor((MOST - 1024) / (4 * COLUMNS));
  const floats = Buffer.alloc(rows * 4 * COLUMNS, 1);
  yield call(
    'gRPC: right, 16 MiB of FP32',
    inferMessage({ datatype: 'FP32', shape: [rows, COLUMNS], field: 6, contents: floats }),
  );
  const ones = Buffer.alloc(MOST - 1024, 1);
  const many = inferMessage({ datatype: 'INT64', shape: [1], field: 3, contents: ones });
  yield call('gRPC: gzip of 16 million integers', many, true);
  const fewer = Buffer.alloc(4_000_000, 1);
  yield call(
    'gRPC: 4 million integers',
    inferMessage({ datatype: 'INT64', shape: [fewer.length], field: 3, contents: fewer }),
  );
  yield call(
    'gRPC: 8 million strings',
    inferMessage({
      datatype: 'BYTES',
      shape: [1],
      field: 0,
      contents: Buffer.alloc(MOST - 1024, Buffer.from([(8 << 3) | 2, 0])),
    }),
  );
}

import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { datatypes } from '@fairlead/signature';
import { DATATYPES, SIGNATURES } from './echo-models.ts';
import { post, type FuzzInput } from './fuzz-input.ts';

/** Texts of JSON values at the edges of what decoders take. */
export const EDGES = [
  '0',
  '-0',
  '1',
  '-1',
  '0.5',
  '1e400',
  '-1e400',
  '1e-400',
  '1E+2',
  '127',
  '128',
  '255',
  '256',
  '65504',
  '65520',
  '2147483648',
  '4294967296',
  '3.5e38',
  '9007199254740991',
  '9007199254740993',
  '-9223372036854775808',
  '-9223372036854775809',
  '9223372036854775807',
  '18446744073709551615',
  '18446744073709551616',
  '100000000000000000000',
  '123456789012345678901234567890',
  'true',
  'false',
  'null',
  '""',
  '"a"',
  '"é"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"NaN"',
  '"1"',
  '[]',
  '{}',
  '[[]]',
  '[[1],[2]]',
  '[[1],2]',
  '{"a":1}',
  'NaN',
  '01',
];

/** True in so many of a hundred; numbers would be drawn from the ends of their range too often. */
const rare = (percent: number): fc.Arbitrary<boolean> =>
  fc.oneof(
    { weight: 100 - percent, arbitrary: fc.constant(false) },
    { weight: percent, arbitrary: fc.constant(true) },
  );
const edge = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.string().map((text) => JSON.stringify(text)),
  fc.integer().map(String),
);

/** The text of an element that fits a datatype. */
function elementOf(datatype: string): fc.Arbitrary<string> {
  const info = datatypes[datatype as keyof typeof datatypes];
  switch (info.kind) {
    case 'boolean':
      return fc.constantFrom('true', 'false', '1', '0');
    case 'bytes':
      return fc
        .oneof(fc.string(), fc.string({ unit: 'grapheme' }))
        .map((text) => JSON.stringify(text));
    case 'float':
      return fc
        .oneof(
          fc.integer({ min: -1000, max: 1000 }),
          fc.float({ noNaN: true, noDefaultInfinity: true, min: -60000, max: 60000 }),
        )
        .map(String);
    default: {
      const [min = 0n, max = 0n] = info.integerRange ?? [];
      return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map(String);
    }
  }
}

const modelName = fc.oneof(
  fc.constantFrom(...DATATYPES.map((datatype) => datatype.toLowerCase())),
  fc.constantFrom(...Object.keys(SIGNATURES)),
);
const lengths = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 2 });
const list = (parts: readonly string[]): string => `[${parts.join(',')}]`;

function nest(elements: readonly string[], [length = 0, ...rest]: readonly number[]): string {
  if (rest.length === 0) return list(elements);
  const each = elements.length / Math.max(1, length);
  return list(
    Array.from({ length }, (_, at) => nest(elements.slice(at * each, (at + 1) * each), rest)),
  );
}

interface Values {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly elements: readonly string[];
}

/** Elements for one input; now and then one that doesn't fit, or one too many. */
function valuesOf(model: string): fc.Arbitrary<readonly (Values & { name: string })[]> {
  const inputs = SIGNATURES[model]?.inputs ?? [];
  return fc.tuple(
    ...inputs.map((spec) =>
      lengths.chain((drawn) => {
        const shape = spec.shape.map((length, at) => (length === -1 ? (drawn[at] ?? 1) : length));
        const count = shape.reduce((product, length) => product * length, 1);
        const element = fc.oneof(
          { weight: 80, arbitrary: elementOf(spec.datatype) },
          { weight: 1, arbitrary: edge },
        );
        return fc
          .tuple(fc.array(element, { minLength: count, maxLength: count }), rare(3))
          .map(([elements, more]) => ({
            name: spec.name,
            datatype: spec.datatype,
            shape,
            elements: more ? [...elements, '1'] : elements,
          }));
      }),
    ),
  );
}

const parameters = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'timeout',
          'priority',
          'binary_data_output',
          'binary_data',
          'classification',
          'binary_data_size',
          'x',
        ),
        edge,
      )
      .map(([name, value]) => `,"parameters":{"${name}":${value}}`),
  },
);

/** A body of the Open Inference Protocol, as JSON or with binary tensors behind it. */
const openInference = modelName.chain((model) =>
  fc
    .tuple(
      valuesOf(model),
      parameters,
      parameters,
      rare(30),
      rare(30),
      fc.integer({ min: -2, max: 2 }),
      rare(4),
      fc.array(fc.nat(255), { maxLength: 40 }),
    )
    .map(([values, ofRequest, ofOutput, nested, binary, lie, lies, bytes]): FuzzInput => {
      const tails: Buffer[] = [];
      const tensors = values.map(({ name, datatype, shape, elements }) => {
        const head = `{"name":"${name}","datatype":"${datatype}","shape":[${shape.join(',')}]`;
        if (!binary)
          return `${head},"data":${nested && shape.length > 0 ? nest(elements, shape) : list(elements)}}`;
        const width = datatypes[datatype as keyof typeof datatypes].elementBytes;
        const tail = Buffer.from(
          width === null
            ? elements.flatMap(() => [0, 0, 0, 0])
            : Array.from({ length: elements.length * width }, (_, at) =>
                datatype === 'BOOL' ? 1 : (bytes[at] ?? at),
              ),
        );
        tails.push(tail);
        return `${head},"parameters":{"binary_data_size":${tail.length + (lies ? lie : 0)}}}`;
      });
      const outputs =
        ofOutput === '' ? '' : `,"outputs":[{"name":"${values[0]?.name ?? 'x'}"${ofOutput}}]`;
      const head = Buffer.from(`{"id":"1","inputs":${list(tensors)}${outputs}${ofRequest}}`);
      const headers =
        binary || lies
          ? {
              'inference-header-content-length': String(
                Math.max(0, head.length + (lies ? lie : 0)),
              ),
            }
          : {};
      return post(`/v2/models/${model}/infer`, Buffer.concat([head, ...tails]), headers);
    }),
);

const raw = fc.tuple(modelName, fc.uint8Array({ maxLength: 64 })).map(([model, bytes]) =>
  post(`/v2/models/${model}/infer`, Buffer.from(bytes), {
    'inference-header-content-length': '0',
  }),
);

/** Rows or columns, as TensorFlow Serving and the scoring protocols have them. */
const columns = modelName.chain((model) =>
  fc
    .tuple(
      valuesOf(model),
      fc.constantFrom('instances', 'inputs', 'named', 'records', 'split'),
      fc.constantFrom(
        `/v1/models/${model}:predict`,
        `/models/${model}/invoke`,
        model === 'features' ? '/invocations' : `/models/${model}/invoke`,
      ),
      edge,
      rare(5),
    )
    .map(([values, form, path, odd, spoils]): FuzzInput => {
      const nested = values.map(({ shape, elements }) =>
        shape.length === 0 ? (elements[0] ?? '0') : nest(elements, shape),
      );
      const [only = '[]'] = nested;
      const record = `{${values.map(({ name }, at) => `"${name}":${spoils ? odd : (nested[at] ?? 'null')}`).join(',')}}`;
      const bodies = {
        instances: `{"instances":${only}}`,
        inputs: `{"inputs":${spoils ? odd : only}}`,
        named: `{"inputs":${record}}`,
        records: `{"dataframe_records":[${record},${record}]}`,
        split: `{"dataframe_split":{"columns":["width","height"],"data":${only}}}`,
      };
      return post(path, bodies[form], {
        'content-type': 'application/json',
      });
    }),
);

const cell = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 10 }).map(String) },
  { weight: 3, arbitrary: fc.float({ min: 0, max: 10 }).map(String) },
  fc.constantFrom(
    '',
    '"1"',
    '"a""b"',
    ' 1 ',
    '1e5',
    '.5',
    '1.',
    '+1',
    '-',
    '"',
    'a"b',
    '0x10',
    'é',
  ),
);
const csv = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 20, arbitrary: fc.array(cell, { minLength: 2, maxLength: 2 }) },
        { weight: 1, arbitrary: fc.array(cell, { maxLength: 3 }) },
      ),
      { maxLength: 5 },
    ),
    fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
    fc.constantFrom(
      'width,height',
      'height,width',
      '\ufeffwidth,height',
      'width',
      '"width","height"',
    ),
  )
  .map(([rows, end, head]) =>
    post('/invocations', [head, ...rows.map((row) => row.join(','))].join(end), {
      'content-type': 'text/csv',
    }),
  );

const encoded = fc
  .tuple(
    fc.oneof(openInference, columns, csv),
    fc.constantFrom('gzip', 'deflate', 'GZIP', 'identity', 'br', 'gzip, gzip'),
    fc.constantFrom(gzipSync, deflateSync, deflateRawSync, (body: Buffer) => body),
  )
  .map(([input, encoding, encode]): FuzzInput => ({
    ...input,
    headers: { ...input.headers, 'content-encoding': encoding },
    body: encode(input.body),
  }));

const reading = fc
  .tuple(
    fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
    fc.constantFrom(
      '/v2',
      '/v2/',
      '/v2/health/ready',
      '/v2/models/fp32',
      '/v2/models/fp32/versions/1/infer',
      '/v2/models/fp32/versions/2/infer',
      '/v2/models/none/infer',
      '/v2/models/%66p32/infer',
      '/v2/models/%/infer',
      '/v2/models/__proto__',
      '/v2/models/stats',
      '/v2/models/two/stats',
      '/v2/repository/index',
      '/v1/models/fp32',
      '/v1/models/fp32/metadata',
      '/v1/models/fp32:classify',
      '/ping',
      '/models',
      '/models/two',
      '/version',
      '/invocations?x',
      '/',
    ),
  )
  .map(([method, path]): FuzzInput => ({ method, path, headers: {}, body: Buffer.alloc(0) }));

const anything = fc.oneof(
  { weight: 8, arbitrary: openInference },
  { weight: 4, arbitrary: columns },
  { weight: 2, arbitrary: csv },
  { weight: 1, arbitrary: raw },
  { weight: 1, arbitrary: encoded },
  { weight: 1, arbitrary: reading },
);

/** Requests that are right, or nearly so, in each protocol. */
export function nearValidInputs(count: number, seed: number): readonly FuzzInput[] {
  return fc.sample(anything, { numRuns: count, seed });
}

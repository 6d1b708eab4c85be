import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import wabt from 'wabt';
import { SCANNER_MODULE } from '../../../src/protocol/float-lists/scanner-module.ts';
import { takeFloatLists } from '../../../src/protocol/float-lists/take-float-lists.ts';
import { decodeInferRequest } from '../../../src/protocol/open-inference/decode-infer-request.ts';
import { numberTexts, randomOf, type Random } from './number-texts.ts';

const RUNS = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 30_000);

/** Shorter bodies are left to JSON.parse. */
const PADDING = ' '.repeat(512);

function bodyOf(data: string): string {
  return `{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[${data}]}]}${PADDING}`;
}

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] ?? NaN;

test('the module is what its source compiles to', async () => {
  const source = new URL('../../../src/protocol/float-lists/scan-floats.wat', import.meta.url);
  const tools = await wabt();
  const parsed = tools.parseWat('scan-floats.wat', readFileSync(source, 'utf8'));
  parsed.resolveNames();
  parsed.validate();
  expect(Buffer.from(parsed.toBinary({}).buffer).toString('base64')).toBe(SCANNER_MODULE);
});

test.each(Object.keys(numberTexts))(
  'numbers are what JSON.parse and rounding to binary32 make of them: %s',
  (kind) => {
    const random = randomOf(kind);
    const next = numberTexts[kind] ?? (() => '');
    let decided = 0;
    for (let run = 0; run < RUNS; run++) {
      const text = next(random);
      const taken = takeFloatLists(Buffer.from(bodyOf(text)));
      if (taken === undefined) continue;
      decided += 1;
      const expected = Math.fround(JSON.parse(text) as number);
      const value = taken.lists[0]?.[0] ?? NaN;
      if (bitsOf(value) !== bitsOf(expected) || !Number.isFinite(value)) {
        expect.fail(`${text} is ${expected}, not ${value}`);
      }
    }
    // Few numbers are left to JSON.parse, except of the kinds that are made of those.
    expect(decided / RUNS).toBeGreaterThan(/middle|any digits/.test(kind) ? 0 : 0.95);
  },
  120_000,
);

test('what it takes is JSON, with the numbers that JSON.parse finds', () => {
  const random = randomOf('mutations');
  let valid = 0;
  for (let run = 0; run < RUNS; run++) {
    const whole = mutate(bodyOf(listOf(random)), random);
    const taken = takeFloatLists(Buffer.from(whole));
    const rest = taken && parse(taken.text);
    if (taken === undefined || rest === undefined) continue;
    valid += 1;
    const expected = parse(whole);
    const filled = fill(rest, [...taken.lists]);
    if (expected === undefined || !isSame(filled, expected)) expect.fail(whole.trimEnd());
  }
  expect(valid).toBeGreaterThan(RUNS / 10);
}, 120_000);

const x = '"name":"x","datatype":"FP32"';
const bodies: readonly string[] = [
  `{"inputs":[{${x},"shape":[3],"data":[1,2.5,-3e2]}]}`,
  `{"inputs":[{"data" : [ 1 , 2 ],${x},"shape":[2]},{"name":"data","datatype":"FP32","shape":[1,1],"data":[4]}]}`,
  `{"inputs":[{${x},"shape":[2,2],"data":[[1,2],[3,4]]}]}`,
  `{"inputs":[{${x},"shape":[2],"data":[1,null]}]}`,
  `{"inputs":[{${x},"shape":[2],"data":[1,"Infinity"]}]}`,
  `{"inputs":[{${x},"shape":[2],"data":[1]}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1e39]}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1e400]}]}`,
  `{"inputs":[{${x},"shape":[0],"data":[]}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1],"parameters":{"data":[2]}}]}`,
  `{"inputs":[{${x},"shape":[1],"parameters":{"data":[2]}}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1],"data":[2]}]}`,
  `{"inputs":[{${x},"shape":[1],"d\\u0061ta":[1],"parameters":{"data":[2]}}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1]}],"inputs":[]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1]},{"name":"n","datatype":"INT64","shape":[1],"data":[9007199254740993]}]}`,
  `{"inputs":[{"name":"FP32","datatype":"FP64","shape":[1],"data":[0.1]}],"id":"FP32"}`,
  `{"inputs":[{${x},"shape":[1],"data":[01]}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1.]}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1,]}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1}]}`,
  `{"inputs":[{${x},"shape":[1],"data":[1]}]} x`,
  `{"inputs":[{${x},"shape":[1],"data":[1]`,
  `{"id":${'['.repeat(101)}${']'.repeat(101)},"inputs":[{${x},"shape":[1],"data":[1]}]}`,
  `{"data":[1],"inputs":[{${x},"shape":[1],"data":[1]}]}`,
  `{"inputs":{"0":{${x},"shape":[1],"data":[1]}}}`,
];

test.each(bodies)('a long body is decoded as a short one: %s', (body) => {
  expect(body.length).toBeLessThan(PADDING.length);
  expect(outcome(body + PADDING)).toEqual(outcome(body));
});

test('a list shares no memory with the next body', () => {
  const decode = (value: number): ArrayLike<unknown> | undefined =>
    decodeInferRequest(Buffer.from(bodyOf(String(value)))).request.inputs[0]?.data;
  const first = decode(1);
  decode(2);
  expect(first).toEqual(Float32Array.of(1));
});

test('a body that isn’t UTF-8 is rejected', () => {
  const body = Buffer.from(bodyOf('1'));
  body[body.indexOf('x')] = 0xff;
  expect(() => decodeInferRequest(body)).toThrow('the body is not UTF-8');
});

test('bodies up to the size that is read this way, and beyond it', () => {
  for (const count of [3_072, 150_528, 1_100_000]) {
    const values = Array.from({ length: count }, (_, index) => (index % 1000) / 8);
    const input = { name: 'x', datatype: 'FP32', shape: [count], data: values };
    const body = Buffer.from(JSON.stringify({ inputs: [input] }));
    expect(decodeInferRequest(body).request.inputs[0]?.data).toEqual(Float32Array.from(values));
  }
});

function outcome(body: string): unknown {
  try {
    const { request } = decodeInferRequest(Buffer.from(body));
    return request;
  } catch (error) {
    // JSON.parse shows where the fault is, and the text around it.
    return String(error).replace(/, .*is not valid JSON| in JSON at position.*/, '');
  }
}

function listOf(random: Random): string {
  const kinds = Object.values(numberTexts);
  const numbers = Array.from({ length: 1 + random.below(3) }, () =>
    kinds[random.below(kinds.length)]?.(random),
  );
  return numbers.join(random.below(2) === 0 ? ',' : ' ,\n');
}

const CHARACTERS = '0123456789.eE+-,[]{}"ntf :';

/** Removes, replaces or inserts up to two characters. */
function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let count = random.below(3); count > 0; count--) {
    const at = random.below(mutated.trimEnd().length);
    const inserted =
      random.below(3) === 0 ? '' : (CHARACTERS[random.below(CHARACTERS.length)] ?? '');
    mutated = mutated.slice(0, at) + inserted + mutated.slice(at + random.below(2));
  }
  return mutated;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts the lists where the text has `"data":[]`. */
function fill(value: unknown, lists: Float32Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => fill(each, lists));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === 'data' && Array.isArray(each) ? [...(lists.shift() ?? [])] : fill(each, lists),
    ]),
  );
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') {
    return bitsOf(one) === bitsOf(other) || one === other;
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => isSame((one as never)[key], (other as never)[key]))
  );
}

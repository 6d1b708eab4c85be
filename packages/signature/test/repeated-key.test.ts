import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJson, SignatureError } from '@fairlead/signature';

/** Returns the key that `decodeJson` reports as repeated. */
function repeatedIn(text: string): string | undefined {
  try {
    decodeJson(text, (value) => value);
    return undefined;
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    expect(error.code).toBe('ERR_SIGNATURE_KEY_REPEATED');
    return error.message;
  }
}

/** A piece of JSON text with, in their order, what its objects repeat: known by how it was made. */
interface Piece {
  readonly text: string;
  readonly repeats: readonly string[];
}

const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n ');
const content = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'data',
    ':',
    '"',
    '\\',
    '{',
    '}',
    '":',
    '\\":',
    '{"a":1,"a":2}',
    'é',
    '__proto__',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

/** The text of a string, each of its code units spelled plainly or as an escape. */
const spelled = (value: string): fc.Arbitrary<string> =>
  fc.array(fc.boolean(), { minLength: value.length, maxLength: value.length }).map((escape) => {
    const units = value.split('').map((unit, index) => {
      const code = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return escape[index] === true ? code : JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join('')}"`;
  });

const plain = (text: string): Piece => ({ text, repeats: [] });
const { json } = fc.letrec<{ json: Piece }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('1', '-2.5e3', 'true', 'null', '[]', '{}', '[1,2,3]').map(plain),
    content.chain(spelled).map(plain),
    fc.array(tie('json'), { maxLength: 4 }).chain((items) =>
      space.map((gap) => ({
        text: `[${gap}${items.map(({ text }) => text).join(`${gap},${gap}`)}${gap}]`,
        repeats: items.flatMap(({ repeats }) => repeats),
      })),
    ),
    fc
      .array(
        content.chain((key) => fc.tuple(fc.constant(key), spelled(key), tie('json'))),
        { maxLength: 5 },
      )
      .chain((members) =>
        space.map((gap) => {
          const seen = new Set<string>();
          const repeats = members.flatMap(([key, , { repeats: inner }]) => {
            const own = seen.has(key) ? [key] : [];
            seen.add(key);
            return [...own, ...inner];
          });
          const texts = members.map(([, key, { text }]) => `${gap}${key}${gap}:${gap}${text}`);
          return { text: `{${texts.join(`${gap},`)}${gap}}`, repeats };
        }),
      ),
  ),
}));

describe('keys', () => {
  test('that occur twice in an object are found in any spelling and position; the first is reported', () => {
    let clean = 0;
    let repeated = 0;
    fc.assert(
      fc.property(json, ({ text, repeats }) => {
        const found = repeatedIn(text);
        const [first] = repeats;
        if (first === undefined) {
          clean += 1;
          expect(found).toBeUndefined();
        } else {
          repeated += 1;
          expect(found).toContain(JSON.stringify(first).slice(0, 50));
        }
      }),
      { numRuns: 3000 },
    );
    expect(clean).toBeGreaterThan(200);
    expect(repeated).toBeGreaterThan(100);
  });

  test.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":{"b":1},"a":{"c":1}}', 'a'],
    [String.raw`{"a":1,"\u0061":2}`, 'a'],
    [String.raw`{"a\"":1,"a\u0022":2}`, String.raw`a\"`],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
    ['[{"x":[{"y":":"}],"x":0}]', 'x'],
    ['{"k" \n:1, "k"\t: 2}', 'k'],
  ])('%s repeats one', (text, key) => {
    expect(repeatedIn(text)).toBe(
      `the JSON has the key "${key}" twice in one object; name it once`,
    );
  });

  test.each([
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"a","b":"b:a","c":"{\\"a\\":1,\\"a\\":2}"}',
    '["a:","a:",":"]',
    '":"',
    '{"a":1,"A":2,"\\u00e9":3,"e\\u0301":4}',
  ])('%s repeats none', (text) => {
    expect(repeatedIn(text)).toBeUndefined();
  });

  test('are found although V8 mistakes an escape for a backslash', () => {
    for (let times = 0; times < 3; times++) JSON.parse(String.raw`{"b":1,"\\":2}`);
    expect(repeatedIn(String.raw`{"b":1,"\u0062":2}`)).toContain('"b"');
  });

  test('any other text is left to the parser', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '"', ':', '\\', 'a', ',', ' ') }),
        (text) => {
          let valid = true;
          try {
            JSON.parse(text);
          } catch {
            valid = false;
          }
          if (!valid) expect(() => repeatedIn(text)).toThrow(SyntaxError);
        },
      ),
    );
  });

  test('a text nested 100,000 levels deep causes no stack overflow', () => {
    const depth = 100_000;
    expect(repeatedIn('[{"a":":"}]')).toBeUndefined();
    expect(repeatedIn(`${'['.repeat(depth)}{"a":1,"a":2}${']'.repeat(depth)}`)).toContain('"a"');
    expect(repeatedIn(`${'{"a":'.repeat(depth)}":"${'}'.repeat(depth)}`)).toBeUndefined();
  });
});

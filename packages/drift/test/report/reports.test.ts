import {
  distanceDefinitions,
  DriftError,
  driftHtml,
  driftJson,
  driftText,
  judgeDrift,
  type DriftReport,
} from '@fairlead/drift';
import { BinCounter, emptyCounts, type FeatureBaseline } from '@fairlead/windows';
import { expect, test } from 'vitest';
import {
  countNumbers,
  countTexts,
  HOUR_MS,
  hourOf,
  numberBaseline,
  textBaseline,
} from '../support/count-values.ts';
import { Random } from '@fairlead/test-support/random';

const title = { model: 'churn', version: 3 };
const START = Date.UTC(2026, 10, 28, 10) / HOUR_MS;

function normals(size: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: size }, () => random.normal());
}

const age = numberBaseline('age', normals(2_000, 1));
const plan = textBaseline(
  'plan',
  Array.from({ length: 1_000 }, (_, row) => (row % 4 === 0 ? 'pro' : 'basic')),
);
const constant = numberBaseline('constant', new Array<number>(500).fill(1));
const rare = numberBaseline('rare', normals(500, 2));

/** A report with each verdict, and an infinite distance. */
function report(): DriftReport {
  const features = [age, constant, plan, rare];
  const windows = [0, 1, 2].map((hour) =>
    hourOf(START + hour, {
      age: countNumbers(age.bins, normals(500, 10 + hour)),
      constant: countNumbers(constant.bins, new Array<number>(200).fill(2)),
      plan: countTexts(
        plan.bins,
        Array.from({ length: 400 }, (_, row) => (row % 2 === 0 ? 'pro' : 'basic')),
      ),
      rare: countNumbers(rare.bins, [1, 2]),
    }),
  );
  return judgeDrift({ features, outputs: [] }, windows);
}

test('the text names each drift with its explanation, and counts the others', () => {
  expect(driftText(report(), title))
    .toBe(`churn version 3: drift, 2026-11-28 10:00 to 2026-11-28 13:00 UTC

drift of feature constant since 2026-11-28 10:00 UTC (distance, out-of-range)
  Mean from 1 to 2; values outside of the range of the training table, 1 … 1: 100 % above, up to 2.

drift of feature plan since 2026-11-28 10:00 UTC (categories)
  Share of "pro" from 25 % to 50 %; share of "basic" from 75 % to 50 %.

insufficient data: 1
  rare: Fewer than 2 windows with 100 values.

ok: 1
`);
});

test('the JSON is the report with its subject and definitions, and infinite distances as texts', () => {
  const document = JSON.parse(driftJson(report(), title)) as DriftReport & {
    readonly definitions: unknown;
  };
  expect(document).toMatchObject({
    format: 'fairlead-drift-report',
    formatVersion: 1,
    model: 'churn',
    version: '3',
    status: 'drift',
    summary: { drift: 2, ok: 1, 'insufficient data': 1 },
    definitions: distanceDefinitions,
  });
  const [, second] = document.features;
  expect(second?.evidence?.distances.standardizedWasserstein).toBe('Infinity');
  const distances = new Set(
    document.features.flatMap(({ evidence }) => Object.keys(evidence?.distances ?? {})),
  );
  expect([...distances].sort()).toEqual(Object.keys(distanceDefinitions).sort());
});

test('the page shows the verdicts, with drift first, and a picture of each feature', () => {
  const page = driftHtml(report(), title);
  expect(page).toContain('<h1>Drift of churn version 3: drift</h1>');
  expect(page).toContain(
    'Share of &quot;pro&quot; from 25 % to 50 %; share of &quot;basic&quot; from 75 % to 50 %',
  );
  expect([...page.matchAll(/<summary>(.*?)<\/summary>/g)].map(([, text]) => text)).toEqual([
    'constant: drift',
    'plan: drift',
    'rare: insufficient data',
    'age: ok',
  ]);
  expect(page.match(/aria-label="Shares of the bins"/g)).toHaveLength(4);
  expect(page.match(/aria-label="Effect of each window"/g)).toHaveLength(2);
  expect(page).not.toMatch(/\b(?:NaN|undefined|Infinity)\b/);
  expectNoResources(page);
});

function expectNoResources(page: string): void {
  const tags = Array.from(page.matchAll(/<[^>]*>/g), ([tag]) => tag).join('');
  expect(tags).not.toMatch(/<script|<link|<img|<iframe|<object|\ssrc=|\shref=/i);
  expect(page).not.toMatch(/url\(|@import/);
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></svg><b>',
  '\u001b]0;title\u0007\u001b[2J',
  'a\r\nok: 99',
  '\u202eevil\u2066',
  '&lt;b&gt;&amp;',
  '\ud800',
  'x'.repeat(100_000),
];

test('names of features, categories and models are data: escaped in the page, without control characters in the text', () => {
  const categories = HOSTILE.map((text) => `${text.slice(0, 100)} category`);
  const features = HOSTILE.map((name) =>
    textBaseline(
      name,
      Array.from({ length: 500 }, (_, row) => categories[row % 10] ?? ''),
    ),
  );
  const windows = [0, 1].map((hour) =>
    hourOf(
      START + hour,
      Object.fromEntries(
        features.map(({ name, bins }) => [
          name,
          countTexts(
            bins,
            Array.from({ length: 300 }, (_, row) => categories[row % 3] ?? ''),
          ),
        ]),
      ),
    ),
  );
  const hostile = judgeDrift({ features, outputs: [] }, windows);
  expect(hostile.summary.drift).toBe(HOSTILE.length);
  for (const model of HOSTILE) {
    const subject = { model, version: model };
    const page = driftHtml(hostile, subject);
    const tags = new Set(Array.from(page.matchAll(/<(?!!)\/?([a-z0-9]+)/gi), ([, tag]) => tag));
    expect([...tags].sort()).toEqual(
      'body circle details h1 h2 head html meta p path style summary svg table td text th title tr'.split(
        ' ',
      ),
    );
    expect(page).not.toMatch(/<[^>]*\son[a-z]+=/i);
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    expectNoResources(page);
    expect(page.length).toBeLessThan(500_000);
    const text = driftText(hostile, subject);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    // No name adds a line.
    expect(text.split('\n')).toHaveLength(2 + 3 * HOSTILE.length);
    expect(JSON.parse(driftJson(hostile, subject))).toMatchObject({ model });
  }
});

test('the page of 100 features is smaller than 2 MB at any number of values and windows', () => {
  const features: FeatureBaseline[] = [];
  const windows = [];
  const random = new Random(5);
  for (let index = 0; index < 100; index += 1) {
    const name = `${'f'.repeat(200)}${index}`;
    features.push(
      index % 2 === 0
        ? { ...age, name }
        : textBaseline(
            name,
            Array.from({ length: 640 }, (_, row) => `${'c'.repeat(200)}${row % 64}`),
          ),
    );
  }
  const counts = features.map(({ bins }) => {
    const counter = new BinCounter(bins);
    if (bins.kind === 'categories')
      bins.categories.slice(0, 9).forEach((text) => {
        counter.addText(text, 1e12);
      });
    else for (let row = 0; row < 300; row += 1) counter.addNumber(1e300 * random.normal(), 1e12);
    return counter.counts();
  });
  for (let hour = 0; hour < 170; hour += 1) {
    windows.push(
      hourOf(
        START + hour,
        Object.fromEntries(
          features.map(({ name }, index) => [name, counts[index] ?? emptyCounts(age.bins)]),
        ),
      ),
    );
  }
  const large = judgeDrift({ features, outputs: [] }, windows, { historyWindows: 1_000 });
  expect(large.summary.drift).toBe(100);
  expect(Buffer.byteLength(driftHtml(large, title))).toBeLessThan(2_000_000);
});

test('more features than a page can show are counted', () => {
  const features = Array.from({ length: 1_200 }, (_, index) => ({ ...rare, name: `f${index}` }));
  const page = driftHtml(judgeDrift({ features, outputs: [] }, []), title);
  expect(page).toContain('<p>And 200 more, all of them in the JSON report.</p>');
  expect(page).toContain('<p>And 1050 more, all of them in the JSON report.</p>');
  expect(driftText(judgeDrift({ features, outputs: [] }, []), title)).toContain(
    '\n  and 1180 more\n',
  );
});

test.each([driftText, driftJson, driftHtml])(
  '%o rejects a report or title that is none',
  (render) => {
    const name = render.name;
    expect(() => render({} as never, title)).toThrow(
      `${name}: the report must be a result of judgeDrift`,
    );
    expect(() => render(report(), { model: 'churn' } as never)).toThrow(
      `${name}: option version is missing`,
    );
    expect(() => render(undefined as never, title)).toThrow(DriftError);
  },
);

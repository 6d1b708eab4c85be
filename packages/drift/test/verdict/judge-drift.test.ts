import {
  DriftError,
  judgeDrift,
  type DriftReport,
  type DriftWindow,
  type JudgeOptions,
} from '@fairlead/drift';
import type { BinCounts, FeatureBaseline, Window } from '@fairlead/windows';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  countNumbers,
  countTexts,
  HOUR_MS,
  hourOf,
  numberBaseline,
  textBaseline,
} from '../support/count-values.ts';
import { Random } from '@fairlead/test-support/random';

/** Values at equal probabilities of the standard normal distribution, or nearly so. */
function normals(size: number, { mean = 0, scale = 1, seed = 1 } = {}): number[] {
  const random = new Random(seed);
  return Array.from({ length: size }, () => mean + scale * random.normal());
}

const x = numberBaseline('x', normals(10_000, { seed: 99 }));
const color = textBaseline(
  'color',
  Array.from({ length: 10_000 }, (_, row) => ['red', 'green', 'green', 'blue'][row % 4] ?? ''),
);

function judge(
  feature: FeatureBaseline,
  hours: readonly BinCounts[],
  options?: JudgeOptions,
): DriftReport['features'][number] {
  const windows = hours.map((counts, index) => hourOf(index, { [feature.name]: counts }));
  const [verdict] = judgeDrift({ features: [feature], outputs: [] }, windows, options).features;
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
}

const steady = (hours: number, size = 1_000): BinCounts[] =>
  Array.from({ length: hours }, (_, hour) =>
    countNumbers(x.bins, normals(size, { seed: hour + 1 })),
  );
const moved = (mean: number, scale = 1, size = 1_000): BinCounts =>
  countNumbers(x.bins, normals(size, { mean, scale, seed: 7 }));

describe('numbers', () => {
  test('values like those of the training table have not drifted', () => {
    const verdict = judge(x, steady(24));
    expect(verdict).toMatchObject({ status: 'ok', checks: [], since: null, onsets: [] });
    expect(verdict.explanation).toBe('No shift.');
    expect(verdict.windows).toHaveLength(24);
  });

  test('a moved mean is found with the second window, and explained', () => {
    const verdict = judge(x, [...steady(3), moved(0.5), moved(0.5)]);
    expect(verdict).toMatchObject({
      status: 'drift',
      checks: ['distance', 'stability'],
      since: 3 * HOUR_MS,
      onsets: [5 * HOUR_MS],
    });
    expect(verdict.explanation).toMatch(
      /^Mean from -?0\.0\d+ to 0\.\d+ \(\+0\.[45]\d* standard deviations\); median from .* to .*; 5th … 95th percentile from -1\.\d+ … 1\.\d+ to -1\.\d+ … 2\.\d+\.$/,
    );
    // Of the two windows that differ, not of the last three.
    expect(verdict.evidence?.values).toBe(2_000);
    expect(verdict.evidence?.distances.standardizedWasserstein).toBeCloseTo(0.5, 1);
  });

  test('one window that differs is not enough, nor is a second one after three hours', () => {
    expect(judge(x, [...steady(3), moved(0.5), ...steady(2)]).status).toBe('ok');
    expect(judge(x, [moved(0.5), ...steady(2), moved(0.5)]).status).toBe('ok');
    expect(judge(x, [moved(0.5), ...steady(1), moved(0.5)]).status).toBe('drift');
  });

  test('one window is enough where the options say so', () => {
    const options = { onset: { flagged: 1, of: 1 } };
    expect(judge(x, [moved(0.5)], options)).toMatchObject({ status: 'drift', since: 0 });
    expect(judge(x, steady(1), options).status).toBe('ok');
  });

  test('a drift is over when three windows are like the training table', () => {
    const hours = [moved(0.5), moved(0.5), ...steady(3)];
    expect(judge(x, hours.slice(0, 4)).status).toBe('drift');
    expect(judge(x, hours)).toMatchObject({ status: 'ok', onsets: [2 * HOUR_MS] });
  });

  test('a wider spread around the same mean is found by the stability index', () => {
    const verdict = judge(x, [moved(0, 1.5), moved(0, 1.5)]);
    expect(verdict.status).toBe('drift');
    expect(verdict.checks).toContain('stability');
    expect(verdict.explanation).toMatch(
      /5th … 95th percentile from -1\.\d+ … 1\.\d+ to -2\.\d+ … 2\.\d+/,
    );
  });

  test('a significant but small effect is no drift', () => {
    const large = moved(0.08, 1, 40_000);
    const verdict = judge(x, [large, large, large]);
    expect(verdict.evidence?.distances.kolmogorovSmirnovP).toBeLessThan(1e-5);
    expect(verdict.status).toBe('ok');
  });

  test('a large effect that chance explains is no drift', () => {
    const small = countNumbers(x.bins, normals(100, { mean: 0.15, seed: 5 }));
    const verdict = judge(x, [small, small, small]);
    expect(verdict.windows[0]?.effect).toBeGreaterThan(0.1);
    expect(verdict.status).toBe('ok');
  });

  test('a few values far outside of the range are found, though the distributions are alike', () => {
    const values = normals(1_000, { seed: 3 }).map((value, row) => (row % 50 === 0 ? -999 : value));
    const counts = countNumbers(x.bins, values);
    const verdict = judge(x, [counts, counts]);
    expect(verdict.checks).toContain('out-of-range');
    expect(verdict.evidence?.shares.below).toEqual({ reference: 0, current: 0.02 });
    expect(verdict.explanation).toMatch(
      /alues outside of the range of the training table, -[34].\d+ … [34].\d+: 2 % below, down to -999\.$/,
    );
  });

  test('values of both ends of the range and a little beyond are normal in a small table', () => {
    const small = numberBaseline('x', normals(120, { seed: 4 }));
    const hours = Array.from({ length: 50 }, (_, hour) =>
      countNumbers(small.bins, normals(500, { seed: hour + 100 })),
    );
    expect(judge(small, hours, { effects: { wasserstein: 9, stability: 9 } }).status).toBe('ok');
  });

  test('a constant column drifts when it has another value', () => {
    const constant = numberBaseline('x', new Array<number>(1_000).fill(5));
    const counts = (share: number): BinCounts =>
      countNumbers(
        constant.bins,
        Array.from({ length: 200 }, (_, row) => (row < share * 200 ? 6 : 5)),
      );
    expect(judge(constant, [counts(0), counts(0)]).status).toBe('ok');
    const verdict = judge(constant, [counts(0.5), counts(0.5)]);
    expect(verdict.checks).toEqual(['distance', 'out-of-range']);
    expect(verdict.evidence?.distances.standardizedWasserstein).toBe(Infinity);
    expect(verdict.explanation).toMatch(/^Mean from 5 to 5\.5; /);
  });

  test('numbers between the known ones are found', () => {
    const count = numberBaseline(
      'x',
      Array.from({ length: 1_000 }, (_, row) => row % 4),
    );
    const halves = countNumbers(
      count.bins,
      Array.from({ length: 200 }, (_, row) => (row % 7) / 2),
    );
    const verdict = judge(count, [halves, halves]);
    expect(verdict.checks).toContain('unseen');
    expect(verdict.explanation).toContain(
      'alues that are none of the known numbers from 0 % to 43 %',
    );
  });
});

test('unseen numbers are normal where many values were seen once', () => {
  const values = Array.from({ length: 1_000 }, (_, row) => (row < 30 ? 100 + 7 * row : row % 10));
  const known = numberBaseline('x', values);
  const often = numberBaseline(
    'x',
    values.map((value) => (value > 100 ? 300 : value)),
  );
  const hour = (bins: FeatureBaseline['bins']): BinCounts =>
    countNumbers(
      bins,
      Array.from({ length: 100 }, (_, row) => (row < 4 ? 101 + row : row % 10)),
    );
  expect(judge(known, [hour(known.bins), hour(known.bins)]).status).toBe('ok');
  expect(judge(often, [hour(often.bins), hour(often.bins)]).checks).toContain('unseen');
});

describe('categories', () => {
  const colors = (red: number, purple = 0, size = 1_000): BinCounts =>
    countTexts(
      color.bins,
      Array.from({ length: size }, (_, row) => {
        if (row < red * size) return 'red';
        if (row < (red + purple) * size) return 'purple';
        return row % 3 === 0 ? 'blue' : 'green';
      }),
    );

  test('equal shares have not drifted', () => {
    expect(judge(color, [colors(0.25), colors(0.25)]).status).toBe('ok');
  });

  test('a share that moves is found and named', () => {
    const verdict = judge(color, [colors(0.5), colors(0.5)]);
    expect(verdict).toMatchObject({ status: 'drift', checks: ['categories'] });
    expect(verdict.explanation).toMatch(
      /^Share of "red" from 25 % to 50 %; share of "green" from 50 % to 33\.\d %; /,
    );
    expect(verdict.evidence?.distances.totalVariation).toBeCloseTo(0.25, 3);
  });

  test('a large difference that chance explains is no drift', () => {
    const small = judge(color, [colors(0.36, 0, 100), colors(0.36, 0, 100)]);
    expect(small.windows[0]?.effect).toBeGreaterThan(0.1);
    expect(small.status).toBe('ok');
    expect(judge(color, [colors(0.36), colors(0.36)]).checks).toEqual(['categories']);
  });

  test('unknown categories are found by their share alone', () => {
    const verdict = judge(color, [colors(0.24, 0.02), colors(0.24, 0.02)]);
    expect(verdict).toMatchObject({ status: 'drift', checks: ['unseen'] });
    expect(verdict.explanation).toBe(
      'Values that are none of the known categories from 0 % to 2 %.',
    );
  });

  test('names of categories are quoted, without characters that a terminal interprets', () => {
    const hostile = '\u001b[31mred"\n\u202e<b>';
    const feature = textBaseline(
      'c',
      Array.from({ length: 1_000 }, (_, row) => (row % 2 ? hostile : 'b')),
    );
    const counts = countTexts(feature.bins, new Array<string>(500).fill(hostile));
    const { explanation } = judge(feature, [counts, counts]);
    expect(explanation).toContain(String.raw`\u{1b}[31mred\"\u{a}\u{202e}<b>`);
    expect(explanation).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('missing values', () => {
  test('a share that rises is found, also where no value is left', () => {
    const values = (share: number): number[] =>
      normals(1_000, { seed: 2 }).map((value, row) => (row < share * 1_000 ? NaN : value));
    const some = judge(
      x,
      [values(0.1), values(0.1)].map((each) => countNumbers(x.bins, each)),
    );
    expect(some).toMatchObject({ status: 'drift', checks: ['missing'] });
    expect(some.explanation).toBe('Missing values from 0 % to 10 %.');
    const all = judge(
      x,
      [values(1), values(1)].map((each) => countNumbers(x.bins, each)),
    );
    expect(all).toMatchObject({ status: 'drift', checks: ['missing'] });
    expect(all.explanation).toBe('Missing values from 0 % to 100 %.');
  });

  test('a share below the floor is no drift', () => {
    const values = normals(1_000, { seed: 2 }).map((value, row) => (row < 40 ? NaN : value));
    expect(judge(x, [countNumbers(x.bins, values), countNumbers(x.bins, values)]).status).toBe(
      'ok',
    );
  });
});

describe('few values', () => {
  test('windows with fewer than 100 values are merged with the next, and never judged alone', () => {
    const verdict = judge(
      x,
      Array.from({ length: 7 }, () => moved(1, 1, 60)),
    );
    expect(verdict.windows.map(({ values }) => values)).toEqual([120, 120, 120]);
    expect(verdict).toMatchObject({ status: 'drift', since: 0, onsets: [4 * HOUR_MS] });
  });

  test('too few values are insufficient data', () => {
    for (const hours of [
      [],
      [moved(3, 1, 99)],
      [moved(0, 1, 99)],
      [moved(3, 1, 150)],
      steady(1, 100),
    ]) {
      const verdict = judge(x, hours);
      expect(verdict.status).toBe('insufficient data');
      expect(verdict.explanation).toBe('Fewer than 2 windows with 100 values.');
    }
  });

  test('a training table with few values is insufficient data', () => {
    const small = numberBaseline('x', normals(99));
    const verdict = judge(small, [
      countNumbers(small.bins, normals(1_000)),
      countNumbers(small.bins, normals(1_000)),
    ]);
    expect(verdict.status).toBe('insufficient data');
    expect(verdict.explanation).toBe('The training table has 99 values, fewer than 100.');
  });

  test('sampled rows count as many as they are worth', () => {
    const shifted = moved(0.3, 1, 1_000);
    const weighted = (sample?: { weight: number; squaredWeight: number }): string => {
      const windows = [0, 1].map((hour) => ({
        ...hourOf(hour, { x: shifted }),
        ...(sample && { sample }),
      }));
      return judgeDrift({ features: [x], outputs: [] }, windows).status;
    };
    expect(weighted()).toBe('drift');
    expect(weighted({ weight: 1_000, squaredWeight: 1_000 })).toBe('drift');
    // 100 rows that stand for ten each.
    expect(weighted({ weight: 1_000, squaredWeight: 10_000 })).toBe('ok');
    // Fifty rows are too few.
    expect(weighted({ weight: 1_000, squaredWeight: 20_000 })).toBe('insufficient data');
  });
});

describe('windows', () => {
  const baseline = { features: [x], outputs: [{ ...x, name: 'y' }] };

  test('the order of windows and their division among hosts and minutes make no difference', () => {
    const hours = [...steady(3), moved(0.5), moved(0.5)];
    const expected = judgeDrift(
      baseline,
      hours.map((counts, index) => hourOf(index, { x: counts }, { y: counts })),
    );
    const parts = [...steady(3), moved(0.5), moved(0.5)].flatMap((_, hour) => {
      const values =
        hour < 3 ? normals(1_000, { seed: hour + 1 }) : normals(1_000, { mean: 0.5, seed: 7 });
      return Array.from({ length: 4 }, (_part, part) => {
        const counts = countNumbers(
          x.bins,
          values.filter((_value, row) => row % 4 === part),
        );
        const from = (hour + (part % 2) / 2) * HOUR_MS;
        return { ...hourOf(hour, { x: counts }, { y: counts }), from, to: from + HOUR_MS / 2 };
      });
    });
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (shuffled) => {
        expect(judgeDrift(baseline, shuffled)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
    expect(expected.summary).toEqual({ drift: 2, ok: 0, 'insufficient data': 0 });
    expect(expected.features.map(({ role }) => role)).toEqual(['feature', 'output']);
  });

  test('days are judged where the options say so', () => {
    const hours = Array.from({ length: 48 }, (_, hour) => hourOf(hour, { x: moved(0.5, 1, 50) }));
    const report = judgeDrift(baseline, hours, { windowMs: 24 * HOUR_MS });
    expect(report.features[0]?.windows.map(({ values }) => values)).toEqual([1_200, 1_200]);
    expect(report).toMatchObject({ status: 'drift', from: 0, to: 48 * HOUR_MS });
    // The output has no counts.
    expect(report.features[1]?.status).toBe('insufficient data');
  });

  test('a window of @fairlead/windows can be judged', () => {
    expectTypeOf<Window>().toExtend<DriftWindow>();
  });

  test('without windows there is no verdict', () => {
    expect(judgeDrift(baseline, [])).toMatchObject({
      status: 'insufficient data',
      from: null,
      to: null,
      summary: { drift: 0, ok: 0, 'insufficient data': 2 },
    });
  });

  test('the level of a test is that of all features', () => {
    expect(judgeDrift(baseline, []).rules).toMatchObject({ alpha: 0.05, significance: 0.0125 });
  });

  test('a report lists the last windows only', () => {
    const hours = steady(10);
    expect(
      judge(x, hours, { historyWindows: 4 }).windows.map(({ from }) => from / HOUR_MS),
    ).toEqual([6, 7, 8, 9]);
    expect(judge(x, hours, { historyWindows: 0 }).windows).toEqual([]);
  });

  test('windows of another baseline are rejected', () => {
    const other = { ...moved(0), counts: [1, 2, 3] };
    expect(() => judge(x, [other])).toThrow(
      new DriftError(
        'ERR_DRIFT_INCOMPATIBLE',
        'judgeDrift: a window has 3 bins for "x", the baseline 63. Compare windows with the baseline of their version.',
      ),
    );
  });
});

test.each<[unknown, unknown, unknown, RegExp]>([
  [
    undefined,
    [],
    {},
    /the first argument must be a baseline with features and outputs, got undefined/,
  ],
  [
    { features: [], outputs: [] },
    5,
    {},
    /a window must have from and to in milliseconds and a list of features, got 5/,
  ],
  [{ features: [], outputs: [] }, [{ from: NaN, to: 1, features: [] }], {}, /got object/],
  [{ features: [], outputs: [] }, [], { window: 1 }, /unknown option "window"/],
  [
    { features: [], outputs: [] },
    [],
    { windowMs: 0 },
    /windowMs must be an integer from 1 to .*, got 0/,
  ],
  [{ features: [], outputs: [] }, [], { minValues: 1 }, /minValues must be an integer from 2/],
  [{ features: [], outputs: [] }, [], { alpha: 2 }, /alpha must be a number from .* to 1, got 2/],
  [
    { features: [], outputs: [] },
    [],
    { alpha: NaN },
    /alpha must be a number from .* to 1, got NaN/,
  ],
  [
    { features: [], outputs: [] },
    [],
    { onset: { flagged: 3, of: 2 } },
    /an alert would never begin/,
  ],
  [
    { features: [], outputs: [] },
    [],
    { effects: { stability: -1 } },
    /effects.stability must be a number from 0/,
  ],
  [{ features: [], outputs: [] }, [], { effects: { stabilty: 1 } }, /Did you mean `stability`/],
  [
    { features: [], outputs: [] },
    [],
    { historyWindows: -1 },
    /historyWindows must be an integer from 0/,
  ],
])(
  'arguments %j, %j, %j are rejected with a message that says why',
  (baseline, windows, options, message) => {
    const call = (): unknown => judgeDrift(baseline as never, windows as never, options as never);
    expect(call).toThrow(message);
    expect(call).toThrow(DriftError);
  },
);

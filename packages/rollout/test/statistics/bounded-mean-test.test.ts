import { BoundedMeanTest, type BoundedMeanTestDocument } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { goldenNumber, readSequentialGolden, relativeError } from './golden-streams.ts';
import { maxFalseAlarms, Random } from './simulated-outcomes.ts';

const files = ['bernoulli_null', 'bernoulli_shifted', 'bernoulli_rare', 'uniform'];
const sides = { 'two-sided': 'not', greater: 'above', less: 'below' } as const;
const methods = files.flatMap((file) =>
  readSequentialGolden(file)
    .villeMethods('BettingTest(')
    .map((method) => ({ file, method })),
);

const meanOf = (method: string): number => Number(/m0?=([\d.]+)/.exec(method)?.[1]);

describe('BoundedMeanTest', () => {
  it('is compared with ville for each side', () => {
    expect(methods.length).toBeGreaterThanOrEqual(4 * 3);
  });

  it.each(methods)('equals ville on $file: $method', ({ file, method }) => {
    const golden = readSequentialGolden(file);
    const expected = golden.ville(method);
    const [, alternative] = /alternative=([a-z-]+)/.exec(method) ?? [];
    const side = sides[alternative as keyof typeof sides];
    const test = new BoundedMeanTest({ min: 0, max: 1, alpha: 0.05, [side]: meanOf(method) });
    let stop: number | null = null;
    for (const [row, value] of golden.values.entries()) {
      test.add(value);
      if (stop === null && test.logEvidence >= Math.log(20)) stop = row + 1;
      const index = golden.checkpoints.indexOf(row + 1);
      if (index === -1) continue;
      const logEvidence = goldenNumber(expected.log_e[index]);
      expect(relativeError(test.logEvidence, logEvidence)).toBeLessThan(1e-9);
      expect(relativeError(test.pValue, goldenNumber(expected.p[index]))).toBeLessThan(1e-9);
    }
    expect(stop).toBe(expected.stopping_time);
  });

  it.each(files)('its one-sided evidence is that of confseq on %s', (file) => {
    const golden = readSequentialGolden(file);
    const [method] = golden.confseqMethods('betting_mart(');
    const expected = golden.confseq('betting_mart(');
    const options = { min: 0, max: 1, alpha: 0.05 };
    const above = new BoundedMeanTest({ ...options, above: meanOf(method ?? '') });
    const below = new BoundedMeanTest({ ...options, below: meanOf(method ?? '') });
    for (const [row, value] of golden.values.entries()) {
      above.add(value);
      below.add(value);
      const index = golden.checkpoints.indexOf(row + 1);
      if (index === -1) continue;
      const larger = Math.max(above.logEvidence, below.logEvidence) - Math.LN2;
      expect(relativeError(larger, goldenNumber(expected.log_e[index]))).toBeLessThan(1e-9);
    }
  });

  it('doesn’t depend on the unit of the outcomes', () => {
    const { values } = readSequentialGolden('uniform');
    const unit = new BoundedMeanTest({ min: 0, max: 1, not: 0.4, alpha: 0.05 });
    const wide = new BoundedMeanTest({ min: -10, max: 30, not: 6, alpha: 0.05 });
    for (const value of values) {
      unit.add(value);
      wide.add(40 * value - 10);
    }
    expect(relativeError(wide.logEvidence, unit.logEvidence)).toBeLessThan(1e-9);
  });

  it('continues from its stored form', () => {
    const { values } = readSequentialGolden('bernoulli_shifted');
    for (const side of ['above', 'below', 'not']) {
      const whole = new BoundedMeanTest({ min: 0, max: 1, [side]: 0.25, alpha: 0.05 });
      let parts = new BoundedMeanTest({ min: 0, max: 1, [side]: 0.25, alpha: 0.05 });
      for (const [row, value] of values.entries()) {
        whole.add(value);
        parts.add(value);
        if (row % 500 !== 250) continue;
        const stored = JSON.stringify(parts.toDocument());
        parts = BoundedMeanTest.fromDocument(JSON.parse(stored) as BoundedMeanTestDocument);
        expect(parts.maxLogEvidence).toBe(whole.maxLogEvidence);
      }
      expect(parts.toDocument()).toEqual(whole.toDocument());
      expect(JSON.stringify(parts.toDocument()).length).toBeLessThan(300);
    }
  });

  it.each(['above', 'below', 'not'])(
    'has no more false alarms than alpha, with few events and any number of looks: %s',
    (side) => {
      const random = new Random(13);
      const runs = 2000;
      let alarms = 0;
      for (let run = 0; run < runs; run += 1) {
        const test = new BoundedMeanTest({ min: 0, max: 1, [side]: 0.05, alpha: 0.05 });
        for (let user = 0; user < 500; user += 1) test.add(random.uniform() < 0.05 ? 1 : 0);
        if (test.maxLogEvidence >= Math.log(20)) alarms += 1;
      }
      expect(alarms / runs).toBeLessThanOrEqual(maxFalseAlarms(runs));
    },
  );

  it('finds a mean that is larger, and no mean that is smaller', () => {
    const random = new Random(14);
    const options = { min: 0, max: 1, alpha: 0.05 };
    const above = new BoundedMeanTest({ ...options, above: 0.5 });
    const below = new BoundedMeanTest({ ...options, below: 0.5 });
    for (let user = 0; user < 1000; user += 1) {
      const outcome = 0.2 + 0.8 * random.uniform();
      above.add(outcome);
      below.add(outcome);
    }
    expect(above.pValue).toBeLessThan(1e-6);
    expect(below.pValue).toBeGreaterThan(0.1);
  });

  it('is no evidence without outcomes', () => {
    const test = new BoundedMeanTest({ min: 0, max: 1, not: 0.5, alpha: 0.05 });
    expect([test.logEvidence, test.maxLogEvidence, test.pValue]).toEqual([0, 0, 1]);
  });

  it.each<[string, object, string]>([
    [
      'limits in the wrong order',
      { min: 1, max: 0 },
      'BoundedMeanTest: min and max must be finite, and min below max, got 1 and 0.',
    ],
    [
      'a mean at a limit',
      { not: 1 },
      'BoundedMeanTest: the tested mean must be between 0 and 1, got 1.',
    ],
    [
      'two hypotheses',
      { above: 0.5 },
      'BoundedMeanTest: give one of above, below and not, such as { above: 0.5 }.',
    ],
    [
      'no hypothesis',
      { not: undefined },
      'BoundedMeanTest: give one of above, below and not, such as { above: 0.5 }.',
    ],
    ['an alpha of 0', { alpha: 0 }, 'BoundedMeanTest: alpha must be a number from'],
    [
      'a misspelled option',
      { belov: 0.5 },
      'BoundedMeanTest: unknown option "belov". Did you mean `below`?',
    ],
  ])('rejects %s', (_, options, message) => {
    const all = { min: 0, max: 1, not: 0.5, alpha: 0.05, ...options };
    expect(() => new BoundedMeanTest(all)).toThrow(message);
  });

  it.each([1.01, -0.01, NaN])('rejects an outcome of %s, and stays as it was', (outcome) => {
    const test = new BoundedMeanTest({ min: 0, max: 1, not: 0.5, alpha: 0.05 });
    const before = test.toDocument();
    expect(() => {
      test.add(outcome);
    }).toThrow(
      `BoundedMeanTest: an outcome must be from 0 to 1, got ${outcome}; widen min and max before the first outcome, or limit each outcome.`,
    );
    expect(test.toDocument()).toEqual(before);
  });

  it.each<[string, unknown, string]>([
    ['no document', undefined, 'BoundedMeanTest: expected an object of options, got undefined.'],
    [
      'a negative number of rows',
      { rows: -1 },
      'BoundedMeanTest: document.rows must be an integer from 0',
    ],
    [
      'a sum above the rows',
      { sum: 3 },
      'BoundedMeanTest: document.sum must be a number from 0 to 2.000000002, got 3.',
    ],
    [
      'a missing logarithm',
      { logBelow: null },
      'BoundedMeanTest: document.logBelow must be a number from',
    ],
    [
      'a largest evidence below 0',
      { maxLogEvidence: -1 },
      'BoundedMeanTest: document.maxLogEvidence must be a number from 0',
    ],
  ])('rejects a stored form with %s', (_, change, message) => {
    const test = new BoundedMeanTest({ min: 0, max: 1, not: 0.5, alpha: 0.05 });
    test.add(1);
    test.add(0.5);
    const document = change && { ...test.toDocument(), ...change };
    expect(() => BoundedMeanTest.fromDocument(document as BoundedMeanTestDocument)).toThrow(
      message,
    );
  });
});

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Signature } from '@fairlead/signature';
import { type Baseline, createBaseline, decodeBaseline } from '@fairlead/windows';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const python = fileURLToPath(new URL('.venv/bin/python', root));
const script = `
import json, sys
import numpy as np
from fairlead_flask_model.training.baseline import make_baseline

given = json.load(sys.stdin)
tensors = {name: np.array(rows, dtype=np.float64) for name, rows in given["tensors"].items()}
signature = given["signature"]
baseline = make_baseline(
    signature,
    {spec["name"]: tensors[spec["name"]] for spec in signature["inputs"]},
    {spec["name"]: tensors[spec["name"]] for spec in signature["outputs"]},
    labels=np.array(given["labels"]),
    scores="p",
)
print(json.dumps(baseline, allow_nan=False))
`;

const signature: Signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 5],
      features: ['amount', 'mass', 'few', 'top', 'part'].map((name) => ({ name })),
    },
    { name: 'wide', datatype: 'FP64', shape: [-1, 2] },
  ],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [-1] },
    { name: 'p', datatype: 'FP32', shape: [-1, 2], features: [{ name: 'no' }, { name: 'yes' }] },
  ],
};

/** Numbers from 0 to 1 of a linear congruential generator: the same on each run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('the training makes the same baseline as createBaseline of @fairlead/windows', () => {
  const random = randomNumbers(20);
  const rows = Array.from({ length: 1347 }, () => {
    const p = random();
    return {
      // Numbers, one number in 2 of 5 rows, few numbers, a maximum that repeats, missing ones.
      x: [
        1e4 * random(),
        random() < 0.4 ? 0.7 : random(),
        Math.round(5 * random()),
        Math.min(random(), 0.9),
        random() < 0.1 ? null : -random(),
      ],
      wide: [1e100 * random(), -0],
      label: p < 0.5 ? 0 : 1,
      p: [1 - p, p],
      truth: random() < p ? 1 : 0,
    };
  });
  const input = {
    signature,
    tensors: {
      x: rows.map(({ x }) => x),
      wide: rows.map(({ wide }) => wide),
      label: rows.map(({ label }) => label),
      p: rows.map(({ p }) => p),
    },
    labels: rows.map(({ truth }) => truth),
  };
  const output = execFileSync(python, ['-c', script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: fileURLToPath(new URL('apps/flask-model/src', root)) },
  });
  const trained = decodeBaseline(JSON.parse(output));

  const column = (name: 'x' | 'wide' | 'p', index: number) => rows.map((row) => row[name][index]);
  const expected = createBaseline(
    {
      ...Object.fromEntries(
        ['amount', 'mass', 'few', 'top', 'part'].map((name, index) => [name, column('x', index)]),
      ),
      ...{ 'wide[0]': column('wide', 0), 'wide[1]': column('wide', 1) },
      label: rows.map(({ label }) => label),
      ...{ no: column('p', 0), yes: column('p', 1) },
      truth: rows.map(({ truth }) => (truth === 1 ? 'yes' : 'no')),
    },
    { signature, label: 'truth', scores: 'p' },
  );
  expect(withoutMoments(trained)).toEqual(withoutMoments(expected));
  const moments = (name: 'mean' | 'standardDeviation', { features }: Baseline) =>
    features.map((feature) => feature[name]?.toPrecision(12));
  for (const name of ['mean', 'standardDeviation'] as const) {
    expect(moments(name, trained)).toEqual(moments(name, expected));
  }
});

/** Mean scores of a group too are sums in another order. */
function withoutMoments({ calibration, ...baseline }: Baseline) {
  const strip = (features: Baseline['features']) =>
    features.map(({ mean: _, standardDeviation: __, ...feature }) => feature);
  return {
    ...{ ...baseline, features: strip(baseline.features), outputs: strip(baseline.outputs) },
    calibration: calibration?.classes.map(({ scores, ...group }) => ({
      ...group,
      scores: scores.map((score) => score.toFixed(12)),
    })),
  };
}

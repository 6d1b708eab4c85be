import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';

/** Real exports of scikit-learn with skl2onnx's default options, of the registry's tests. */
const exported = (name: string): string =>
  fileURLToPath(new URL(`../../registry/test/onnx/exports/${name}.onnx`, import.meta.url));

const flowers = [5.1, 3.5, 1.4, 0.2, 5, 2, 3.5, 1, 6.9, 3.2, 5.7, 2.3];
const X = { name: 'X', datatype: 'FP32', shape: [3, 4], data: flowers };

test.each([
  {
    name: 'logistic-regression',
    classes: ['0', '1', '2'],
    label: { datatype: 'INT64', data: [0, 1, 2] },
    // Outputs of `predict_proba`, see make-exports.py.
    expected: [
      0.98157287, 0.01842713, 0.00000001, 0.05580937, 0.93757731, 0.00661328, 0.00000568,
      0.02413426, 0.97586006,
    ],
  },
  {
    name: 'random-forest-text',
    classes: ['setosa', 'versicolor', 'virginica'],
    label: { datatype: 'BYTES', data: ['setosa', 'versicolor', 'virginica'] },
    expected: [1, 0, 0, 0, 0.92951252, 0.07048748, 0, 0.02192982, 0.97807018],
  },
])(
  'a classifier of scikit-learn, $name, exported with default options, is pushed and gives its probabilities',
  async ({ name, classes, label, expected }) => {
    const place = placeWithRegistry();
    const golden = [
      {
        inputs: [X],
        outputs: [
          { name: 'output_label', shape: [3], ...label },
          { name: 'probabilities', datatype: 'FP32', shape: [3, 3], data: expected },
        ],
        tolerance: 1e-6,
      },
    ];
    writeFileSync(join(place.folder, 'golden.json'), JSON.stringify(golden));
    const push = ['model', 'push', 'iris', exported(name), '--golden', 'golden.json'];
    const { exitCode, stdout, stderr } = await run(place, ...push);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const change = `dropped the ZipMap of the output "output_probability": the output is the tensor "probabilities", with a column for each of 3 classes: ${classes.map((each) => JSON.stringify(each)).join(', ')}`;
    expect(stdout).toContain(`Changed for serving: ${change}.`);
    expect(stdout).toContain('loaded, 1 golden example passed');
    const shown = await runJson(place, 'model', 'show', 'iris', '1');
    expect(shown).toMatchObject({
      manifest: {
        lineage: { frameworks: { skl2onnx: '1.20.0' }, changes: [change] },
        signature: {
          outputs: [
            { name: 'output_label' },
            {
              name: 'probabilities',
              shape: [-1, 3],
              features: classes.map((each) => ({ name: each })),
            },
          ],
        },
      },
    });
    expect((await run(place, 'model', 'show', 'iris', '1')).stdout).toContain('dropped the ZipMap');
  },
);

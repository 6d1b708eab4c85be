import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  onnxModel,
  readExamples,
  runExample,
  temporaryFolder,
  undocumentedExports,
} from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';

const folder = new URL('../', import.meta.url);
const modelsOf = (path: string): string =>
  fileURLToPath(new URL(`../../registry/test/${path}`, import.meta.url));

/** Changes to a folder that has the ONNX files which the examples read. */
function changeToModels(): void {
  const work = temporaryFolder();
  cpSync(onnxModel('affine'), join(work, 'model.onnx'));
  cpSync(modelsOf('onnx/exports/logistic-regression.onnx'), join(work, 'classifier.onnx'));
  cpSync(modelsOf('sources/mlflow/external-data/model.onnx'), join(work, 'external-weights.onnx'));
  const before = process.cwd();
  process.chdir(work);
  onTestFinished(() => {
    process.chdir(before);
  });
}

test.each(readExamples(folder))(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    changeToModels();
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

test('every exported function, class and constant has an example', () => {
  // Options of the factories of other packages are checked with these; they are no part of the documentation.
  const shared = ['closestName', 'describeValue', 'optionsProblem'];
  expect(undocumentedExports(folder)).toEqual(shared);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { explainFailure } from '../../src/onnx/explain-failure.ts';

const signature = (datatype: 'FP32' | 'BYTES'): Signature => ({
  inputs: [{ name: 'x', datatype, shape: [-1] }],
  outputs: [{ name: 'y', datatype, shape: [-1] }],
});

test.each([
  ['locale', /texts need the locale xx_XX\.UTF-8, which this host doesn't have.* locale-gen/],
  [
    'operator-set',
    /operator set 99 of ai\.onnx, and this ONNX Runtime knows up to (\d+); export it with target_opset=\1/,
  ],
  [
    'ir-version',
    /IR version 99, and this ONNX Runtime reads up to \d+; export it with an older onnx/,
  ],
  ['unknown-operator', /no operator Foo in operator set 17; export with another/],
  [
    'custom-operator',
    /operator Bar of com\.example isn't part of ONNX Runtime, and custom operators can't be loaded/,
  ],
  ['implementation', /can't compute Sin of operator set 22 on a CPU .*; export with float32/],
  ['missing-value', /can't be loaded: Invalid model. Node input 'nowhere' is not a graph input/],
])('%s: a model that ONNX Runtime rejects is explained to its owner', async (name, message) => {
  const bytes = readFileSync(new URL(`../models/refused/${name}.onnx`, import.meta.url));
  const manifest = {
    model: 'm',
    version: 1,
    signature: signature(name === 'locale' ? 'BYTES' : 'FP32'),
    runtime: { name: 'onnx' },
  };
  const artifacts = { manifest, read: () => Promise.resolve(Uint8Array.from(bytes)) };
  const error: unknown = await onnxRuntime({ workers: 1 })
    .load(artifacts, { onEvent: () => undefined })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_SERVING_LOAD_FAILED' });
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toMatch(/onnxruntime_src|onnxruntime::|\.cc:/);
});

test('other messages lose their places in C++', () => {
  const place =
    'Exception during initialization: /onnxruntime_src/onnxruntime/core/optimizer/initializer.cc:44 ' +
    'onnxruntime::Initializer::Initializer(const onnx::TensorProto&, const std::filesystem::__cxx11::path&) ';
  expect(explainFailure(`${place}the weights are damaged`)).toBe('the weights are damaged');
  expect(explainFailure('graph.cc:4388 Inject the file is too short')).toBe(
    'Inject the file is too short',
  );
  expect(explainFailure('plain words')).toBe('plain words');
});

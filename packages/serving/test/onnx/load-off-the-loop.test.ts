import { onnxRuntime } from '@fairlead/serving/onnx';
import type { ModelArtifacts, VersionManifest } from '@fairlead/serving';
import { slowness } from '@fairlead/test-support/slowness';
import { expect, onTestFinished, test } from 'vitest';
import { affine, MemorySource } from '../memory-source.ts';
import { largeEnsemble } from './large-ensemble.ts';
import { longestTurnMs } from './turns.ts';

const MAX_TURN_MS = 50;

test('a tree ensemble of more than 8 MB is read and analyzed off the event loop', async () => {
  const file = largeEnsemble(3000);
  expect(file.length).toBeGreaterThan(8 * 1024 * 1024);
  const manifest: VersionManifest = {
    model: 'trees',
    version: 1,
    signature: {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    },
    runtime: { name: 'onnx' },
  };
  // Its buffer is moved to a worker each time.
  const copies = [Uint8Array.from(file), Uint8Array.from(file)];
  const read = () => Promise.resolve(copies.pop() ?? Uint8Array.from(file));
  const factory = onnxRuntime({ workers: 2, inProcess: false });
  const load = (artifacts: ModelArtifacts) => factory.load(artifacts, { onEvent: () => undefined });
  // The first load imports modules too.
  const first = await load(
    await new MemorySource([{ signature: affine }]).openVersion('affine', 1),
  );
  await first.close();
  let runtime: typeof first | undefined;
  onTestFinished(() => runtime?.close());
  const longest = await longestTurnMs(async () => {
    runtime = await load({ manifest, read });
  });
  expect(longest).toBeLessThan(MAX_TURN_MS * slowness());
  expect(runtime?.rowAnalysis?.rows).toBe('independent');
});

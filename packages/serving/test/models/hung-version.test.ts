import { until } from '@fairlead/test-support/polling';
import { ModelServer, type RuntimeFactory, type ServingEvent } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { expect, onTestFinished, test } from 'vitest';
import { HostError } from '../../src/onnx/host-error.ts';
import { affine, MemorySource } from '../memory-source.ts';

test('a version whose load times out for the second time after its alias left is loaded when the alias returns', async () => {
  const real = onnxRuntime({ workers: 1, inProcess: false });
  let attempts = 0;
  const second = Promise.withResolvers<undefined>();
  // Version 2 hangs twice, as the ONNX runtime reports it, and can be loaded from then on.
  const runtime: RuntimeFactory = {
    async load(artifacts, options) {
      if (artifacts.manifest.version === 2) {
        attempts += 1;
        if (attempts === 2) await second.promise;
        if (attempts <= 2) throw new HostError('loading the model timed out', { hung: true });
      }
      return real.load(artifacts, options);
    },
  };
  const source = new MemorySource([
    { signature: affine },
    { signature: affine, file: 'affine-next.onnx' },
  ]);
  const events: ServingEvent[] = [];
  const server = new ModelServer({
    source,
    runtimes: { onnx: runtime },
    retryDelayMs: 10,
    onEvent: (event) => events.push(event),
  });
  onTestFinished(() => server.close());
  await server.load('m');
  source.point(2);
  await until(() => attempts === 2);
  source.point(1);
  await new Promise(setImmediate);
  second.resolve(undefined);
  await until(() => events.filter(({ type }) => type === 'load-failed').length === 2);
  for (const event of events) expect(event).not.toHaveProperty('willRetry');
  await until(async () => (await server.status('m')).reason === undefined);
  source.point(2);
  await until(() => server.loadedVersions.some(({ label }) => label.version === '2'));
  expect(attempts).toBe(3);
});

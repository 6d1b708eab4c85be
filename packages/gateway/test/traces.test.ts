import { spanAttribute, startOtlpCollector, temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { startAffineUpstream } from './support/affine-upstream.ts';
import { grpcClient } from './support/grpc-client.ts';
import { onnxVersion, sampleRegistry, upstreamVersion } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
/** Value of a request, which single precision represents exactly. */
const SENTINEL = 987_654.3125;
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

test('the trace of a client goes through gateway and upstream, and its spans without values of requests to a collector', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('digits', 'affine'), upstreamVersion('digits-flask'));
  const upstream = await startAffineUpstream();
  const collector = await startOtlpCollector();
  onTestFinished(collector.close);
  const { call, gateway, logs } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_FLASK_ADDRESS: upstream.address,
    FAIRLEAD_OTLP_URL: collector.url,
    FAIRLEAD_TRACE_RATIO: '0',
  });
  const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, SENTINEL] }] };
  for (const model of ['digits', 'digits-flask']) {
    const headers = { traceparent };
    expect((await call(`/v2/models/${model}/infer`, { body, headers })).status).toBe(200);
    // Neither sampled by its client nor by the ratio.
    expect((await call(`/v2/models/${model}/infer`, { body })).status).toBe(200);
  }
  await call('/metrics', { headers: { traceparent } });
  await gateway.close();
  expect(JSON.stringify([collector.spans, logs])).not.toContain(String(SENTINEL));

  const { spans } = collector;
  expect(spans.map(({ name }) => name).sort()).toEqual(
    ['POST infer', 'infer', 'decode', 'queue', 'execute', 'encode']
      .flatMap((name) => [name, name])
      .sort(),
  );
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const ofFlask = spans.find((span) => spanAttribute(span, 'fairlead.model') === 'digits-flask');
  // The span of the request is the parent of the upstream's spans, and its trace is in the log.
  const traced = upstream.headers.filter((each) => each.traceparent?.includes(traceId));
  expect(traced.map((each) => each.traceparent)).toEqual([
    `00-${traceId}-${ofFlask?.parentSpanId ?? ''}-01`,
  ]);
  expect(logs.filter((line) => line.includes(traceId))).not.toEqual([]);
});

test('calls of gRPC have the spans of requests, with their status, in the trace of their client, which goes on to upstreams', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, onnxVersion('digits', 'affine'), upstreamVersion('digits-flask'));
  const upstream = await startAffineUpstream();
  const collector = await startOtlpCollector();
  onTestFinished(collector.close);
  const { gateway, logged } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_FLASK_ADDRESS: upstream.address,
    FAIRLEAD_GRPC_LISTEN: '127.0.0.1:0',
    FAIRLEAD_OTLP_URL: collector.url,
    FAIRLEAD_TRACE_RATIO: '0',
  });
  const { port } = await logged('listening for gRPC');
  const send = grpcClient(`127.0.0.1:${String(port)}`);
  const callOf = (modelName: string, shape: readonly number[]) => ({
    modelName,
    inputs: [{ name: 'x', datatype: 'FP32', shape, contents: { fp32Contents: [1, 2] } }],
  });
  for (const model of ['digits', 'digits-flask']) {
    await send('ModelInfer', callOf(model, [1, 2]), { traceparent });
    // Neither sampled by its client nor by the ratio.
    await send('ModelInfer', callOf(model, [1, 2]));
  }
  await expect(send('ModelInfer', callOf('digits', [2, 2]), { traceparent })).rejects.toThrow();
  await send('ServerLive', {}, { traceparent });
  await gateway.close();

  const { spans } = collector;
  const method = 'inference.GRPCInferenceService/ModelInfer';
  const steps = ['infer', 'decode', 'queue', 'execute', 'encode'];
  expect(spans.map(({ name }) => name).sort()).toEqual(
    [...steps, ...steps, method, method, method, 'infer', 'decode'].sort(),
  );
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const calls = spans.filter(({ name }) => name === method);
  expect(calls.map((span) => spanAttribute(span, 'rpc.grpc.status_code'))).toEqual([0, 0, 3]);
  expect(calls.map((span) => spanAttribute(span, 'rpc.method'))).toEqual(
    calls.map(() => 'ModelInfer'),
  );
  const ofFlask = spans.find((span) => spanAttribute(span, 'fairlead.model') === 'digits-flask');
  const traced = upstream.headers.filter((each) => each.traceparent?.includes(traceId));
  expect(traced.map((each) => each.traceparent)).toEqual([
    `00-${traceId}-${ofFlask?.parentSpanId ?? ''}-01`,
  ]);
});

test('an invalid address or ratio is refused', async () => {
  await expect(
    startGateway({ FAIRLEAD_REGISTRY: temporaryFolder(), FAIRLEAD_OTLP_URL: 'collector:4318' }),
  ).rejects.toThrow(/FAIRLEAD_OTLP_URL: "collector:4318" must be an http or https address/);
  await expect(
    startGateway({ FAIRLEAD_REGISTRY: temporaryFolder(), FAIRLEAD_TRACE_RATIO: '2' }),
  ).rejects.toThrow(/FAIRLEAD_TRACE_RATIO: "2" must be a decimal number from 0 to 1/);
});

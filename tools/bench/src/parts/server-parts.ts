import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { createLogger, httpMetrics, InferenceMetrics, requestLog } from '@fairlead/monitoring';
import { requestTracing } from '@fairlead/monitoring/tracing';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import {
  ApiKeySet,
  apiKeys,
  bodyLimit,
  chain,
  getRequestId,
  parseApiKeys,
  rateLimit,
  requestId,
  requiredScope,
  secureHeaders,
  type ChainStep,
} from '@fairlead/security';
import { inferenceHandler, ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';

// The steps before a model, as many of them as are requested, in the order of the table.
const [port = '', registry = '', pepper = '', count = '0'] = process.argv.slice(2);
// As the gateway does.
setFlagsFromString('--no-allocation-site-pretenuring');

const metrics = new InferenceMetrics();
const logger = createLogger({
  destination: { write: () => undefined },
  service: 'bench',
  level: 'warn',
});
const records = parseApiKeys(readFileSync(`${registry}/keys.json`, 'utf8'));
const keys = new ApiKeySet({ pepper, records });

// Without an SDK of OpenTelemetry, as in a service that has none.
const tracing = requestTracing();
const steps: readonly (readonly ChainStep[])[] = [
  [httpMetrics({ registry: metrics.registry, routeGroup: () => 'infer' })],
  [requestLog({ logger, requestId: (req) => getRequestId(req) })],
  [requestId(), secureHeaders()],
  [bodyLimit({ maxBodyBytes: 2 ** 24, mediaTypes: ['application/json'] })],
  [apiKeys({ keys }), requiredScope('infer:m')],
  [rateLimit({ windowMs: 60_000, limit: 1e9 })],
  [tracing.middleware],
];

const models = new ModelServer({
  source: new ModelRegistry({ store: folderStore(registry) }),
  runtimes: { onnx: onnxRuntime() },
  ...(Number(count) > 0 && { observer: metrics }),
  ...(Number(count) >= steps.length && { tracer: tracing.inference }),
});
await models.serve('m');
const handler = chain(
  ...steps.slice(0, Number(count)).flat(),
  inferenceHandler(models, { requestId: getRequestId }),
);
createServer((req, res) => {
  handler(req, res);
}).listen(Number(port), '127.0.0.1');
// Not at once: a thread that computes while the process ends takes it down with an error.
process.on('SIGTERM', () => void models.close().then(() => process.exit(0)));

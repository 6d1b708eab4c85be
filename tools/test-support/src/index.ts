export {
  readExamples,
  readMarkdownExamples,
  runExample,
  undocumentedExports,
  type DocExample,
} from './examples.ts';
export {
  startAutoScaling,
  type AutoScalingServer,
  type GroupOfTest,
  type InstanceOfTest,
} from './auto-scaling.ts';
export { defaultVpc } from './default-vpc.ts';
export { freePort } from './free-port.ts';
export { httpCall, type HttpAddress, type HttpRequest, type HttpResponse } from './http-call.ts';
export { startMoto, type MotoServer } from './moto-server.ts';
export { onnxModel } from './onnx-model.ts';
export {
  spanAttribute,
  startOtlpCollector,
  type CollectedSpan,
  type OtlpCollector,
} from './otlp-collector.ts';
export { eventually, until } from './polling.ts';
export {
  startPrometheus,
  type PrometheusSeries,
  type PrometheusServer,
} from './prometheus-server.ts';
export { readLoans, type Loans } from './read-loans.ts';
export { readTree } from './read-tree.ts';
export { startRedis, type RedisServer } from './redis-server.ts';
export { awsTestConnection, newBucket, s3Client } from './s3.ts';
export { slowness } from './slowness.ts';
export { SteadyLoad } from './steady-load.ts';
export {
  runScriptHere,
  startSystemsManager,
  type RunScript,
  type SystemsManager,
} from './systems-manager.ts';
export { memoryFolder, temporaryFolder, type TemporaryFolderOptions } from './temporary-folder.ts';
export { lowestThreads, showsPriorities } from './thread-priorities.ts';

import type { ModelServer } from '../model-server/model-server.ts';
import type { Admission } from './grpc-service.ts';
import type { ResolvedInferenceServiceOptions } from './inference-service-options.ts';
import { modelInfer } from './model-infer.ts';
import { targetOf, type RawCall } from './raw-call.ts';
import type { ModelRequest } from './wire/messages.ts';

/** Answers calls of one method; `message` is decoded, except that of `ModelInfer`, which is in bytes. */
export type InferenceMethod = (message: never, call: RawCall, admission: Admission) => unknown;

/** Methods of `inference.GRPCInferenceService`, by name. */
export function inferenceMethods(
  models: ModelServer,
  options: ResolvedInferenceServiceOptions,
): Readonly<Record<string, InferenceMethod>> {
  const { serverName, serverVersion } = options;
  return {
    ServerLive: () => ({ live: true }),
    ServerReady: async () => ({ ready: await models.ready() }),
    ServerMetadata: () => ({ name: serverName, version: serverVersion, extensions: [] }),
    ModelReady: (message: ModelRequest) => modelReady(models, message),
    ModelMetadata: (message: ModelRequest) => modelMetadata(models, message),
    ModelInfer: (_message: Buffer, call, admission) => modelInfer(models, options, call, admission),
  };
}

async function modelReady(models: ModelServer, { name, version }: ModelRequest): Promise<object> {
  const target = targetOf(name, version);
  const { ready } = await models.status(target.model, target.version);
  return { ready };
}

function modelMetadata(models: ModelServer, { name, version }: ModelRequest): object {
  const target = targetOf(name, version);
  const { label, signature, runtime } = models.find(target);
  const { inputs, outputs } = signature;
  const { platform } = runtime;
  const versions = target.version === undefined ? models.versionsOf(name) : [label.version];
  return { name, versions, platform, inputs, outputs };
}

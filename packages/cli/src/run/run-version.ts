import type { BatchingDecision, ModelArtifacts, RuntimeFactory } from '@fairlead/serving';
import type { Tensor } from '@fairlead/signature';
import { CliError } from '../cli-error.ts';
import { requireOnnxRuntime } from './require-onnx-runtime.ts';

/** A loaded version. */
export interface RunningVersion {
  infer(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
  close(): Promise<void>;
  /** Batching decision, with its reason. */
  readonly batching: BatchingDecision;
  /** Reason why the version wasn't run when it was loaded: no valid inputs were found. `undefined` when it was run. */
  readonly validationSkipped: string | undefined;
}

/** Options for running a version. */
export interface RunOptions {
  /** Address of the process that runs the version: `http://host:port` or `unix:/path`. */
  readonly upstreamUrl?: string | undefined;
}

/**
 * Loads a version and warms it up on its golden examples, as a gateway does before it serves one.
 *
 * @throws ServingError naming the fault of the version; CliError `ERR_CLI_NO_RUNTIME`
 */
export async function runVersion(
  artifacts: ModelArtifacts,
  { upstreamUrl }: RunOptions = {},
): Promise<RunningVersion> {
  const { model, version } = artifacts.manifest;
  const { runtimes, close } = await runtimesFor(artifacts.manifest, upstreamUrl);
  const { ModelServer } = await import('@fairlead/serving');
  const server = new ModelServer({
    source: {
      resolve: () => Promise.resolve({ version }),
      openVersion: () => Promise.resolve(artifacts),
      follow: (_model, _alias, { signal }) => noChanges(signal),
    },
    runtimes,
  });
  const end = async (): Promise<void> => {
    await server.close();
    await close();
  };
  try {
    await server.load(model, {});
  } catch (error) {
    await end();
    throw error;
  }
  const { batching, validationSkipped } = server.find({ model });
  return {
    batching,
    validationSkipped,
    infer: async (inputs) => (await server.infer({ model }, { inputs })).outputs,
    close: end,
  };
}

interface Runtimes {
  readonly runtimes: Readonly<Record<string, RuntimeFactory>>;
  readonly close: () => Promise<void>;
}

async function runtimesFor(
  { model, version, runtime }: ModelArtifacts['manifest'],
  upstreamUrl: string | undefined,
): Promise<Runtimes> {
  const { upstream } = runtime.options ?? {};
  if (runtime.name === 'onnx') {
    return { runtimes: { onnx: await importOnnx() }, close: () => Promise.resolve() };
  }
  if (upstreamUrl === undefined || typeof upstream !== 'string') {
    throw new CliError(
      'ERR_CLI_NO_RUNTIME',
      `version ${version} of "${model}" runs in another process: add its address with --upstream-url http://host:port`,
    );
  }
  const { upstreamRuntime } = await import('@fairlead/serving/upstream');
  const factory = upstreamRuntime({ [upstream]: { url: upstreamUrl } });
  return { runtimes: { [runtime.name]: factory }, close: () => factory.close() };
}

async function importOnnx(): Promise<RuntimeFactory> {
  await requireOnnxRuntime();
  const { onnxRuntime } = await import('@fairlead/serving/onnx');
  return onnxRuntime();
}

/** A version doesn't change. */
async function* noChanges(signal: AbortSignal): AsyncGenerator<never, void> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  yield* [];
}

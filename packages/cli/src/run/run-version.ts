import type { BatchingDecision, ModelArtifacts, RuntimeFactory } from '@fairlead/serving';
import type { Tensor } from '@fairlead/signature';
import { CliError } from '../cli-error.ts';

/** A version that can be asked. */
export interface RunningVersion {
  infer(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
  close(): Promise<void>;
  /** Whether requests shared executions, and why. */
  readonly batching: BatchingDecision;
  /** Why it was not run before it could be called, if it wasn't: no inputs were found that suit it. */
  readonly untried: string | undefined;
}

/** How a version is run. */
export interface RunOptions {
  /** Of a version that another process runs: where that is, `http://host:port` or `unix:/path`. */
  readonly upstreamUrl?: string | undefined;
}

/**
 * Loads a version and warms it up on its golden examples, just as a gateway would before it serves it.
 *
 * @throws ServingError saying what is wrong with it; CliError `ERR_CLI_NO_RUNTIME`
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
  const { batching, untried } = server.find({ model });
  return {
    batching,
    untried,
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
      `version ${version} of "${model}" is run by another process, and it isn't said where that is: add --upstream-url http://host:port`,
    );
  }
  const { upstreamRuntime } = await import('@fairlead/serving/upstream');
  const factory = upstreamRuntime({ [upstream]: { url: upstreamUrl } });
  return { runtimes: { [runtime.name]: factory }, close: () => factory.close() };
}

async function importOnnx(): Promise<RuntimeFactory> {
  try {
    await import('onnxruntime-node');
  } catch (cause) {
    const [why = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new CliError(
      'ERR_CLI_NO_RUNTIME',
      `running a model needs ONNX Runtime: npm install onnxruntime-node (${why})`,
      { cause },
    );
  }
  const { onnxRuntime } = await import('@fairlead/serving/onnx');
  return onnxRuntime();
}

/** A version stays what it is. */
async function* noChanges(signal: AbortSignal): AsyncGenerator<never, void> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  yield* [];
}

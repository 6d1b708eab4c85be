import type { Tensor } from '@fairlead/signature';
import type { ModelArtifacts } from '@fairlead/serving';
import { CliError } from '../cli-error.ts';

/** A version that runs in this process. */
export interface RunningVersion {
  infer(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

/**
 * Loads a version and warms it up on its golden examples, just as a gateway would before it serves it.
 *
 * @throws ServingError saying what is wrong with it; CliError `ERR_CLI_NO_RUNTIME`
 */
export async function runVersion(artifacts: ModelArtifacts): Promise<RunningVersion> {
  const { model, version, runtime } = artifacts.manifest;
  if (runtime.name !== 'onnx') {
    throw new CliError(
      'ERR_CLI_NO_RUNTIME',
      `version ${version} of "${model}" runs on "${runtime.name}", and only ONNX runs in here: ask its server by a URL`,
    );
  }
  const { ModelServer, onnxRuntime } = await importServing();
  const server = new ModelServer({
    source: {
      resolve: () => Promise.resolve({ version }),
      openVersion: () => Promise.resolve(artifacts),
      follow: (_model, _alias, { signal }) => noChanges(signal),
    },
    runtimes: { onnx: onnxRuntime() },
  });
  try {
    await server.load(model, {});
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    infer: async (inputs) => (await server.infer({ model }, { inputs })).outputs,
    close: () => server.close(),
  };
}

/** A version stays what it is. */
async function* noChanges(signal: AbortSignal): AsyncGenerator<never, void> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  yield* [];
}

async function importServing() {
  try {
    await import('onnxruntime-node');
    const [{ ModelServer }, { onnxRuntime }] = await Promise.all([
      import('@fairlead/serving'),
      import('@fairlead/serving/onnx'),
    ]);
    return { ModelServer, onnxRuntime };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(
      'ERR_CLI_NO_RUNTIME',
      `running a model needs ONNX Runtime: npm install onnxruntime-node (${why.split('\n')[0] ?? ''})`,
      { cause },
    );
  }
}

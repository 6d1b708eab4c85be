import { CliError } from '../cli-error.ts';

/**
 * Makes sure that ONNX Runtime is installed and loads.
 *
 * @throws CliError `ERR_CLI_NO_RUNTIME` with the command that installs it
 */
export async function requireOnnxRuntime(): Promise<void> {
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
}

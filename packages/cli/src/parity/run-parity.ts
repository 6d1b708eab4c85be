import type { ParityReport } from '@fairlead/parity';
import type { ModelRegistry } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import { predictWith } from '../run/run-request.ts';
import { runVersion } from '../run/run-version.ts';
import { findOriginal } from './find-original.ts';

/** The version, the original and the rows of a comparison. */
export interface ParityRun {
  readonly model: string;
  readonly version: number;
  /** The original, as the command line names it; without one, the expected outputs of the rows. */
  readonly original?: string | undefined;
  /** File of the rows; without one, the golden examples of the version. */
  readonly rows?: string | undefined;
  /** Address of the process that runs the version, where another process does. */
  readonly upstreamUrl?: string | undefined;
  /** API key for the server of the original. */
  readonly apiKey?: string | undefined;
}

/**
 * Runs a version and its original on the same rows; resolves to the report and the title of the original.
 *
 * @throws CliError `ERR_CLI_USAGE` without rows and for an original that doesn't exist; ParityError, ServingError,
 * RegistryError
 */
export async function runParity(
  registry: ModelRegistry,
  { model, version, original: name, rows: file, upstreamUrl, apiKey }: ParityRun,
): Promise<{ readonly report: ParityReport; readonly title: string }> {
  const { goldenParityRows, measureParity, readParityRows } = await import('@fairlead/parity');
  const artifacts = await registry.openVersion(model, version);
  const { manifest } = artifacts;
  const rows =
    file === undefined
      ? goldenParityRows(manifest)
      : await readParityRows(file, manifest.signature);
  if (rows.length === 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `version ${version} of ${model} has no golden examples: add --rows`,
    );
  }
  // Without its golden examples: a version that fails them is not loaded.
  const bare = { ...artifacts, manifest: { ...manifest, goldenExamples: [] } };
  const running = await runVersion(bare, { upstreamUrl });
  try {
    const original = await findOriginal(name, registry, apiKey);
    try {
      const report = await measureParity(rows, {
        exported: predictWith(running),
        ...(original.predict && { original: original.predict }),
      });
      return { report, title: original.title };
    } finally {
      await original.close();
    }
  } finally {
    await running.close();
  }
}

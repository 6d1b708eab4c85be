import type { ModelRegistry } from '@fairlead/registry';
import type { Baseline } from '@fairlead/windows';

/** Reads the baseline of a version; undefined without one of this format. */
export async function readVersionBaseline(
  registry: ModelRegistry,
  { model, version }: { readonly model: string; readonly version: number },
): Promise<Baseline | undefined> {
  const { manifest } = await registry.openVersion(model, version);
  if (manifest.baseline === undefined) return undefined;
  const { decodeBaseline, WindowsError } = await import('@fairlead/windows');
  try {
    return decodeBaseline(manifest.baseline);
  } catch (error) {
    // Releases before 0.2 stored any JSON.
    if (error instanceof WindowsError) return undefined;
    throw error;
  }
}

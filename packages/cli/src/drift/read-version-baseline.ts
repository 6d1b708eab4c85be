import type { ModelRegistry } from '@fairlead/registry';
import type { Baseline } from '@fairlead/windows';
import { manifestBaseline } from '../registry/manifest-baseline.ts';

/** Reads the baseline of a version; undefined without one of this format. */
export async function readVersionBaseline(
  registry: ModelRegistry,
  { model, version }: { readonly model: string; readonly version: number },
): Promise<Baseline | undefined> {
  const { manifest } = await registry.openVersion(model, version);
  const { WindowsError } = await import('@fairlead/windows');
  try {
    return await manifestBaseline(manifest);
  } catch (error) {
    if (error instanceof WindowsError) return undefined;
    throw error;
  }
}

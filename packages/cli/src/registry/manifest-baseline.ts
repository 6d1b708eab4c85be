import type { Manifest } from '@fairlead/registry';
import type { Baseline } from '@fairlead/windows';

/**
 * Decodes the baseline of a version, without sensitive features: releases before 0.2 stored those of a `baseline.json` too, and
 * gateways leave them out.
 *
 * @throws WindowsError if it has another format: releases before 0.2 stored any JSON
 */
export async function manifestBaseline({
  baseline,
  signature,
}: Manifest): Promise<Baseline | undefined> {
  if (baseline === undefined) return undefined;
  const { decodeBaseline, withoutSensitive } = await import('@fairlead/windows');
  return withoutSensitive(decodeBaseline(baseline), signature);
}

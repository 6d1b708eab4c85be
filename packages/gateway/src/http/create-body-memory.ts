import { BodyMemory } from '@fairlead/serving';
import type { Settings } from '../settings/settings.ts';

const MIN_BYTES = 128 * 2 ** 20;

/** Creates the limit of memory for request bodies; by default the largest body fits into the share of its client. */
export function createBodyMemory({
  bodyMemoryBytes,
  bodyMemoryPerClientBytes,
  maxBodyBytes,
}: Settings): BodyMemory {
  const maxBytes = bodyMemoryBytes ?? Math.max(MIN_BYTES, 2 * maxBodyBytes);
  const maxBytesPerClient =
    bodyMemoryPerClientBytes ?? Math.max(Math.ceil(maxBytes / 4), maxBodyBytes);
  return new BodyMemory(maxBytes, { maxBytesPerClient });
}

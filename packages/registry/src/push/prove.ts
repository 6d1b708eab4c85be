import { RegistryError } from '../registry-error.ts';
import type { Manifest } from '../versions/manifest.ts';

/** A version that isn't pushed yet, in the shape of an opened one: whatever loads those can load it. */
export interface PushCandidate {
  /** What the manifest will say; `version` may become another. */
  readonly manifest: Manifest;
  /** Reads a file of the version. */
  readonly read: (path: string) => Promise<Uint8Array>;
}

/**
 * Loads a candidate, runs its golden examples, and throws when it doesn't answer as it should.
 *
 * May resolve to more that it measured, such as `{ p99Ms: 12 }`.
 */
export type Proof = (
  candidate: PushCandidate,
) => Promise<Readonly<Record<string, number>> | undefined>;

/** How far a push is. */
export interface PushProgress {
  readonly path: string;
  /** `reading` computes its hash; `storing` writes it; `stored` is the end, at once for content that was there. */
  readonly phase: 'reading' | 'storing' | 'stored';
  /** Bytes of the file that are done. */
  readonly bytes: number;
}

/** @throws RegistryError `ERR_REGISTRY_NOT_PROVEN` when `prove` throws. */
export async function runProof(
  prove: Proof,
  candidate: PushCandidate,
): Promise<Readonly<Record<string, number>>> {
  try {
    return (await prove(candidate)) ?? {};
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_NOT_PROVEN',
      `cannot push ${candidate.manifest.model}: tried out, it fails: ${why}`,
      { cause },
    );
  }
}

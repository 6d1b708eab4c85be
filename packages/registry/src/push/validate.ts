import { RegistryError } from '../errors/registry-error.ts';
import type { Manifest, Trial } from '../versions/manifest.ts';

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
 * May resolve to more that it measured, such as `{ p99Ms: 12 }`, or to its findings, which the manifest records.
 */
export type Proof = (
  candidate: PushCandidate,
) => Promise<Readonly<Record<string, number>> | ProofFindings | undefined>;

/** Findings of a trial. */
export interface ProofFindings {
  readonly trial: Trial;
  /** Numbers by their names, such as `{ p99Ms: 12 }`; of no use where it was not run. */
  readonly measured?: Readonly<Record<string, number>> | undefined;
}

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
): Promise<Partial<ProofFindings>> {
  try {
    const found = (await prove(candidate)) ?? {};
    if (!isFindings(found)) return { measured: found };
    // What was not run has answered no golden example.
    return found.trial.ran ? { measured: {}, ...found } : { trial: found.trial };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_NOT_PROVEN',
      `cannot push ${candidate.manifest.model}: tried out, it fails: ${why}`,
      { cause },
    );
  }
}

function isFindings(
  found: Readonly<Record<string, number>> | ProofFindings,
): found is ProofFindings {
  return typeof found.trial === 'object';
}

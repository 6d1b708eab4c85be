import { RegistryError } from '../errors/registry-error.ts';
import type { Manifest, Trial } from '../versions/manifest.ts';

/** A version that isn't pushed yet, in the shape of an opened version, so that the same code loads both. */
export interface PushCandidate {
  /** Content of the manifest; `version` may change. */
  readonly manifest: Manifest;
  /** Reads a file of the version. */
  readonly read: (path: string) => Promise<Uint8Array>;
}

/**
 * Loads a candidate, runs its golden examples, and throws when an answer differs.
 *
 * May resolve to further measurements, such as `{ p99Ms: 12 }`, or to its findings, which the manifest records.
 */
export type Validation = (
  candidate: PushCandidate,
) => Promise<Readonly<Record<string, number>> | ValidationFindings | undefined>;

/** Findings of a validation. */
export interface ValidationFindings {
  readonly trial: Trial;
  /** Numbers by their names, such as `{ p99Ms: 12 }`; ignored if the version was not run. */
  readonly measured?: Readonly<Record<string, number>> | undefined;
}

/** Progress of a push. */
export interface PushProgress {
  readonly path: string;
  /** `reading` computes its hash; `storing` writes it; `stored` is the end, immediate for content that exists. */
  readonly phase: 'reading' | 'storing' | 'stored';
  /** Processed bytes of the file. */
  readonly bytes: number;
}

/** @throws RegistryError `ERR_REGISTRY_VALIDATION_FAILED` when `validate` throws. */
export async function runValidation(
  validate: Validation,
  candidate: PushCandidate,
): Promise<Partial<ValidationFindings>> {
  try {
    const found = (await validate(candidate)) ?? {};
    if (!isFindings(found)) return { measured: found };
    // A version that was not run has answered no golden example.
    return found.trial.ran ? { measured: {}, ...found } : { trial: found.trial };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_VALIDATION_FAILED',
      `cannot push ${candidate.manifest.model}: its validation failed: ${why}`,
      { cause },
    );
  }
}

function isFindings(
  found: Readonly<Record<string, number>> | ValidationFindings,
): found is ValidationFindings {
  return typeof found.trial === 'object';
}

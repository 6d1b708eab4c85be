import type { Manifest } from '@fairlead/registry';
import type { Signature } from '@fairlead/signature';
import { decodeBaseline, type Baseline, withoutSensitive, withRowWidths } from '@fairlead/windows';

/** Version of a model, as records name it. */
export interface VersionLabel {
  readonly model: string;
  readonly version: string;
}

interface ServedVersion {
  readonly signature: Signature;
  readonly baseline: Baseline | undefined;
}

/** Versions that are remembered although they aren't loaded: they are about to be, or their last records are on the way. */
const MAX_NOT_LOADED = 16;

/** The part of the models with the versions that are served. */
interface Models {
  readonly loadedVersions: readonly { readonly label: VersionLabel }[];
  readonly draining: boolean;
}

/** Signatures and baselines of the versions that the gateway has opened. */
export class ServedVersions {
  readonly #versions = new Map<string, ServedVersion>();
  readonly #models: () => Models;
  readonly #onError: (error: unknown) => void;

  /** @param models - returns the models, whose loaded versions stay */
  constructor(models: () => Models, onError: (error: unknown) => void) {
    this.#models = models;
    this.#onError = onError;
  }

  /** Returns the versions that are loaded. */
  loaded(): readonly VersionLabel[] {
    return this.#models().loadedVersions.map(({ label }) => label);
  }

  /** True when the gateway shuts down: versions that end now are served again after a restart. */
  get draining(): boolean {
    return this.#models().draining;
  }

  /** Remembers a version that is about to be loaded; a baseline that can't be used is reported. */
  add({ model, version, signature, baseline }: Manifest): void {
    const key = keyOf({ model, version: String(version) });
    this.#versions.delete(key);
    this.#versions.set(key, {
      signature,
      baseline: this.#decode(`${model} version ${version}`, signature, baseline),
    });
    const loaded = new Set(this.loaded().map(keyOf));
    const others = [...this.#versions.keys()].filter((each) => !loaded.has(each));
    for (const each of others.slice(0, -MAX_NOT_LOADED)) this.#versions.delete(each);
  }

  signatureOf(label: VersionLabel): Signature | undefined {
    return this.#versions.get(keyOf(label))?.signature;
  }

  baselineOf(label: VersionLabel): Baseline | undefined {
    return this.#versions.get(keyOf(label))?.baseline;
  }

  #decode(
    name: string,
    signature: Signature,
    document: Manifest['baseline'],
  ): Baseline | undefined {
    if (document === undefined) return undefined;
    try {
      const baseline = decodeBaseline(document);
      const rest = withoutSensitive(baseline, signature);
      if (rest !== baseline) {
        this.#onError(
          new Error(
            `the baseline of ${name} has sensitive features, which are not counted: push it again with a baseline without them`,
          ),
        );
      }
      return withRowWidths(rest, signature);
    } catch (cause) {
      const message = `the baseline of ${name} can't be used, so that only its requests are counted: push it again with another one`;
      this.#onError(new Error(message, { cause }));
      return undefined;
    }
  }
}

function keyOf({ model, version }: VersionLabel): string {
  return `${model}\n${version}`;
}

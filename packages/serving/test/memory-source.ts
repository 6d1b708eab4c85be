import { readFile } from 'node:fs/promises';
import type { Signature } from '@fairlead/signature';
import type {
  FollowedVersion,
  GoldenExample,
  ModelArtifacts,
  ModelSource,
  VersionManifest,
} from '@fairlead/serving';

interface VersionOf {
  readonly signature: Signature;
  readonly file?: string;
  readonly goldenExamples?: readonly GoldenExample[];
  readonly runtime?: VersionManifest['runtime'];
  readonly batching?: VersionManifest['batching'];
}

/** A model source that lives in memory: one model, its versions, and one alias that moves. */
export class MemorySource implements ModelSource {
  readonly #versions: readonly VersionOf[];
  readonly #waiting = new Set<() => void>();
  /** Reason why it may be out of date. */
  outdatedBecause: string | undefined;
  #current: FollowedVersion | undefined;

  /** `versions[0]` is version 1, where the alias points at first unless `current` says otherwise. */
  constructor(versions: readonly VersionOf[], current: number | undefined = 1) {
    this.#versions = versions;
    this.#current = { version: current };
  }

  /** Removes the alias, until it is pointed to a version again. */
  unset(): void {
    this.#current = undefined;
  }

  point(version: number, isBackground?: boolean): void {
    this.#current = { version, isBackground };
    for (const wake of this.#waiting) wake();
  }

  resolve(model: string, alias: string): Promise<{ version: number }> {
    return this.#current === undefined
      ? Promise.reject(new Error(`model "${model}" has no alias "${alias}"`))
      : Promise.resolve(this.#current);
  }

  async *follow(
    _model: string,
    _alias: string,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncIterable<FollowedVersion> {
    let yielded: FollowedVersion | undefined;
    while (!signal.aborted) {
      if (this.#current !== undefined && this.#current !== yielded) {
        yielded = this.#current;
        yield yielded;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
    }
  }

  outdated(): string | undefined {
    return this.outdatedBecause;
  }

  openVersion(model: string, version: number): Promise<ModelArtifacts> {
    const found = this.#versions[version - 1];
    if (found === undefined) return Promise.reject(new Error(`no version ${version}`));
    const { file = 'affine.onnx', runtime = { name: 'onnx' }, ...rest } = found;
    return Promise.resolve({
      manifest: { model, version, runtime, ...rest },
      read: () => readFile(new URL(`./models/${file}`, import.meta.url)),
    });
  }
}

/** Signature of `affine.onnx`: y = 2 x + 1. */
export const affine: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};

/** Signature of `slow.onnx`, which multiplies matrices `times` times. */
export const slow: Signature = {
  inputs: [{ name: 'times', datatype: 'INT64', shape: [1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
};

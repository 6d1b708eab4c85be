import type { Signature } from '@fairlead/signature';

/** A tensor of a golden example as a manifest holds it: the JSON form of the Open Inference Protocol. */
export interface GoldenTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** Inputs with the outputs that the model returned where it was trained. */
export interface GoldenExample {
  readonly inputs: readonly GoldenTensor[];
  readonly outputs: readonly GoldenTensor[];
  /** Maximum absolute difference for floating-point outputs; see `checkGoldenExamples`. */
  readonly tolerance?: number | undefined;
}

/** Batching of a version: `auto` batches rows that are shown to be independent, `on` also where that can't be shown. */
export type BatchingSetting = 'on' | 'off' | 'auto';

/** The part of a version's manifest that the server reads. */
export interface VersionManifest {
  readonly model: string;
  readonly version: number;
  readonly signature: Signature;
  /** Name of the runtime that runs the version, and the options of that runtime. */
  readonly runtime: {
    readonly name: string;
    readonly options?: Readonly<Record<string, unknown>> | undefined;
  };
  readonly goldenExamples?: readonly GoldenExample[] | undefined;
  /**
   * States whether requests may share executions: `auto` where its rows are shown to be independent, `on` also where that
   * can't be shown, `off` never.
   * @defaultValue `'auto'`
   */
  readonly batching?: BatchingSetting | undefined;
}

/** One version with its artifacts. */
export interface ModelArtifacts {
  readonly manifest: VersionManifest;
  /** Reads the bytes of an artifact, verified against the manifest's hash; `path` is relative, with `/`. */
  read(path: string): Promise<Uint8Array>;
}

/** The version that an alias points to, as {@link ModelSource.follow} yields it. */
export interface FollowedVersion {
  readonly version: number;
  /**
   * True if the version only computes copies of requests, which no client waits for: it is loaded at a low priority, and answers no request that names no version.
   * When the same version follows without it, the version is loaded once more. The version of the alias that answers by default is never loaded so.
   * @defaultValue `false`
   */
  readonly isBackground?: boolean | undefined;
}

/** Source of models; `ModelRegistry` of `@fairlead/registry` is one. */
export interface ModelSource {
  /** Lists every model, served or not; without it the index lists served models only. */
  list?(): Promise<readonly { readonly model: string }[]>;
  /**
   * Returns the version that `alias` points to; rejects with a clear message when it points to none, and with a `code` that ends with
   * `_NOT_FOUND` when there is no such model or alias.
   */
  resolve(model: string, alias: string): Promise<{ readonly version: number }>;
  /** Opens a version with its artifacts; rejects when there is no such version. */
  openVersion(model: string, version: number): Promise<ModelArtifacts>;
  /** Yields the version that `alias` points to, if any, and then each change until `signal` aborts. */
  follow(
    model: string,
    alias: string,
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<FollowedVersion>;
  /** Describes how to serve a model that isn't served; added to the message of `ERR_SERVING_MODEL_NOT_FOUND` of an inference. */
  unservedHint?(model: string): string | undefined;
  /**
   * Returns false while the models that will be served aren't known yet: a request for one that isn't served is then rejected as not ready, and may be repeated.
   * @defaultValue true
   */
  knowsModels?(): boolean;
  /** Reason why the known version of the model's alias may be out of date, for the status; undefined when it is current. */
  outdated?(model: string): string | undefined;
}

import type { GoldenExample, Signature } from '@fairlead/signature';
import type { ManifestFile } from '../blobs/manifest-file.ts';
import type { JsonValue } from '../records/json-value.ts';

/** Runtime of a version: ONNX Runtime in process, or a server to which requests are forwarded. */
export interface RuntimeSpec {
  readonly name: 'onnx' | 'upstream';
  /** Options of the runtime. */
  readonly options: Readonly<Record<string, JsonValue>>;
}

/** The data that a version was trained on. */
export interface DatasetReference {
  readonly name: string;
  /** SHA-256 of the data, in lower-case hexadecimal. */
  readonly sha256?: string;
}

/** Origin of a version. */
export interface Lineage {
  readonly gitCommit?: string;
  readonly dataset?: DatasetReference;
  /** The command that trained it. */
  readonly command?: string;
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** Version of the same model that it was derived from. */
  readonly parentVersion?: number;
  /** Reason of its training: `drift: drift of age until 2026-11-20T11:00Z`. */
  readonly trigger?: string;
  /** Version of each framework by its name: `{"scikit-learn": "1.7.2"}`. */
  readonly frameworks?: Readonly<Record<string, string>>;
  /** Changes that the push made to the files so that they can be served, in words. */
  readonly changes?: readonly string[];
  /** The Python packages that it needs. */
  readonly requirements?: Requirements;
  /** Tool that tracked its training, and its identifiers in that tool. */
  readonly origin?: Origin;
}

/** Python packages that a version needs. */
export interface Requirements {
  /** File of the version that lists them: `requirements.lock`. */
  readonly path: string;
  /** SHA-256 of that file, in lower-case hexadecimal. */
  readonly sha256?: string;
  /** Versions of the packages that it pins, as far as that could be read. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** Record of a version in another tool. */
export interface Origin {
  /** `mlflow` */
  readonly tool: string;
  readonly toolVersion?: string;
  readonly runId?: string;
  readonly modelId?: string;
  /** Creation time, as the tool writes it. */
  readonly createdAt?: string;
}

/** Batching of requests: `auto` if the rows of the model are shown to be independent. */
export type BatchingSetting = 'on' | 'off' | 'auto';

/** Findings of the validation before a version was pushed. */
export interface Trial {
  /** True if the version was run; false if no suitable inputs were found. */
  readonly ran: boolean;
  /** Reason for not running it. */
  readonly reason?: string;
  /** Decision on batching, with its reason. */
  readonly batching: { readonly on: boolean; readonly reason: string };
}

/** Description of one version of a model; immutable. */
export interface Manifest {
  readonly formatVersion: 1;
  readonly model: string;
  /** 1, 2, 3, … within the model. */
  readonly version: number;
  /** Time of the push: ISO 8601, UTC. */
  readonly created: string;
  /** Person or program that pushed it. */
  readonly actor: string;
  /** Random; makes each manifest distinct from every other. */
  readonly nonce: string;
  /** In order of their paths. */
  readonly files: readonly ManifestFile[];
  readonly runtime: RuntimeSpec;
  readonly signature: Signature;
  readonly lineage: Lineage;
  readonly metrics: Readonly<Record<string, number>>;
  /** Profile of each feature in the training data, to compare live traffic with. */
  readonly baseline?: JsonValue;
  readonly goldenExamples: readonly GoldenExample[];
  /**
   * Batching of its requests: `on` is the pusher's promise that rows are independent, also where that
   * can't be shown; `off` never.
   *
   * @defaultValue `'auto'`
   */
  readonly batching?: BatchingSetting;
  /** Missing if it was pushed without a validation. */
  readonly trial?: Trial;
  /** For people, in Markdown. */
  readonly modelCard?: string;
  /** SHA-256 of every byte of the stored manifest before this field, in lower-case hexadecimal. */
  readonly seal: string;
}

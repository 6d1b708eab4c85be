import type { GoldenExample, Signature } from '@fairlead/signature';
import type { ManifestFile } from '../blobs/manifest-file.ts';
import type { JsonValue } from '../records/json-value.ts';

/** What runs a version: ONNX Runtime in process, or a server that requests are passed on to. */
export interface RuntimeSpec {
  readonly name: 'onnx' | 'upstream';
  /** Whatever the runtime understands. */
  readonly options: Readonly<Record<string, JsonValue>>;
}

/** The data that a version was trained on. */
export interface DatasetReference {
  readonly name: string;
  /** SHA-256 of the data, in lower-case hexadecimal. */
  readonly sha256?: string;
}

/** Where a version comes from. */
export interface Lineage {
  readonly gitCommit?: string;
  readonly dataset?: DatasetReference;
  /** The command that trained it. */
  readonly command?: string;
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** The version of the same model that it was made from. */
  readonly parentVersion?: number;
  /** Version of each framework by its name: `{"scikit-learn": "1.7.2"}`. */
  readonly frameworks?: Readonly<Record<string, string>>;
  /** What the push changed in the files, in words, for them to be served. */
  readonly changes?: readonly string[];
  /** The Python packages that it needs. */
  readonly requirements?: Requirements;
  /** The tool that kept track of its training, and what that knows it by. */
  readonly origin?: Origin;
}

/** What says which Python packages a version needs. */
export interface Requirements {
  /** The file of the version that does: `requirements.lock`. */
  readonly path: string;
  /** SHA-256 of that file, in lower-case hexadecimal. */
  readonly sha256?: string;
  /** Versions of the packages that it pins, as far as that could be read. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** Where another tool has more to say of a version. */
export interface Origin {
  /** `mlflow` */
  readonly tool: string;
  readonly toolVersion?: string;
  readonly runId?: string;
  readonly modelId?: string;
  /** When it was made, as the tool writes it. */
  readonly createdAt?: string;
}

/** Whether requests of a version may share executions: `auto` where its rows are shown to be independent. */
export type BatchingSetting = 'on' | 'off' | 'auto';

/** Findings of the trial before a version was pushed. */
export interface Trial {
  /** Whether it was run; else no inputs were found that suit it. */
  readonly ran: boolean;
  /** Why it was not run. */
  readonly reason?: string;
  /** Whether its requests shared executions, and why. */
  readonly batching: { readonly on: boolean; readonly reason: string };
}

/** All that is known of one version of a model; immutable. */
export interface Manifest {
  readonly formatVersion: 1;
  readonly model: string;
  /** 1, 2, 3, … within the model. */
  readonly version: number;
  /** When it was pushed: ISO 8601, UTC. */
  readonly created: string;
  /** Who pushed it. */
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
   * Whether its requests may share executions: `on` is the pusher's promise that rows are independent, also where that
   * can't be shown; `off` never.
   *
   * @defaultValue `'auto'`
   */
  readonly batching?: BatchingSetting;
  /** Missing where it was pushed without a trial. */
  readonly trial?: Trial;
  /** For people, in Markdown. */
  readonly modelCard?: string;
  /** SHA-256 of every byte of the stored manifest before this field, in lower-case hexadecimal. */
  readonly seal: string;
}

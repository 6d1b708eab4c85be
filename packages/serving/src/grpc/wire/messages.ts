/** A parameter as it was sent: one of several kinds, 64-bit integers as decimal text. */
export interface InferParameter {
  readonly boolParam?: boolean;
  readonly int64Param?: string;
  readonly stringParam?: string;
  readonly doubleParam?: number;
  readonly uint64Param?: string;
}

/** Parameters by their names. */
export type InferParameters = Readonly<Record<string, InferParameter>>;

/** The elements of one tensor in the field of its datatype. */
export interface InferTensorContents {
  /** 0 or 1 each. */
  readonly boolContents?: Uint8Array;
  readonly intContents?: Int32Array;
  readonly int64Contents?: BigInt64Array;
  readonly uintContents?: Uint32Array;
  readonly uint64Contents?: BigUint64Array;
  readonly fp32Contents?: Float32Array;
  readonly fp64Contents?: Float64Array;
  readonly bytesContents?: readonly Uint8Array[];
}

/** An input tensor of a request. */
export interface InferInputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: InferParameters;
  readonly contents: InferTensorContents | null;
}

/** A request for inference. */
export interface ModelInferRequest {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: InferParameters;
  readonly inputs: readonly InferInputTensor[];
  readonly outputs: readonly { readonly name: string; readonly parameters: InferParameters }[];
  readonly rawInputContents: readonly Uint8Array[];
}

/** Requested model, of messages about one. */
export interface ModelRequest {
  readonly name: string;
  /** Empty for the version that the alias names. */
  readonly version: string;
}

/** What an ONNX file says of itself, without its weights. */
export interface OnnxModel {
  readonly irVersion: number;
  /** Version of each operator set by its domain; `''` is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  /** The exporter: `skl2onnx`, `pytorch`. */
  readonly producer?: string;
  readonly producerVersion?: string;
  /** `metadata_props`: notes of the exporter. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
  /** Operators that the file defines itself. */
  readonly functions: readonly OnnxFunction[];
  /** Every tensor whose elements are in another file, wherever in the model it is. */
  readonly externalTensors: readonly OnnxExternalTensor[];
}

/** A graph: that of a model, or a branch or body in an attribute of a node. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** In the order of the file; before IR version 4 with the initializers among them. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** The weights by their names, sparse ones too. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** A node of a graph: one operation. */
export interface OnnxNode {
  readonly opType: string;
  /** Domain of the operator; `''` is ONNX's own. */
  readonly domain: string;
  readonly name: string;
  /** Names of values; `''` stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By their names. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An attribute of a node; only the fields of its type are present. */
export interface OnnxAttribute {
  /** `i`, or `ints` when they are at most 10,000: `axis`, `axes`, `perm`, `layout`. */
  readonly integers?: readonly number[];
  /** `s` in UTF-8, at most 64 KiB: `direction`, `equation`. */
  readonly text?: string;
  /** `strings`, such as the classes of a classifier. */
  readonly texts?: readonly string[];
  readonly tensor?: OnnxTensor;
  /** `g`, or `graphs`: the branches of `If`, the body of `Loop` and `Scan`. */
  readonly graphs?: readonly OnnxGraph[];
  /** In a function: the attribute of the calling node whose value this one has. */
  readonly reference?: string;
}

/** A tensor in the file. */
export interface OnnxTensor {
  /** Number of its datatype in `TensorProto.DataType`; see {@link onnxTypeName}. */
  readonly elementType: number;
  readonly shape: readonly number[];
  /** Whether its elements are in another file. */
  readonly isExternal?: true;
  /** Elements of a small tensor of INT64 or INT32, such as the `axes` of an operator. */
  readonly integers?: readonly number[];
}

/** An operator that the file defines by other operators. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
}

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  readonly description?: string;
  /** In words: `a tensor`, `a sequence`, `a map`. */
  readonly kind: string;
  /** Of a tensor: number of its datatype in `TensorProto.DataType`; see {@link onnxTypeName}. */
  readonly elementType?: number;
  /** Of a tensor that has one: each length, or the name of one that varies, or `undefined` for one without either. */
  readonly shape?: readonly (number | string | undefined)[];
}

/** A tensor whose elements are in another file. */
export interface OnnxExternalTensor {
  readonly name: string;
  /** The file as the model names it, relative to the model's own folder. */
  readonly location: string;
  /**
   * `initializer` or `constant` (the value of a `Constant`) of the model's own graph; `elsewhere` for those of a branch, a
   * function, a sparse tensor or another attribute.
   */
  readonly holder: 'initializer' | 'constant' | 'elsewhere';
}

/** Content of an ONNX file, without its weights. */
export interface OnnxModel {
  readonly irVersion: number;
  /** Version of each operator set by its domain; `''` is the standard domain. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Exporter: `skl2onnx`, `pytorch`. */
  readonly producer?: string;
  readonly producerVersion?: string;
  /** `metadata_props`: notes of the exporter. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
  /** Operators that the file defines. */
  readonly functions: readonly OnnxFunction[];
  /** All tensors whose elements are in another file, also in nested graphs. */
  readonly externalTensors: readonly OnnxExternalTensor[];
}

/** Graph of a model, or a branch or body in an attribute of a node. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** In the order of the file; before IR version 4 including the initializers. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Weights by their names, also sparse ones. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** A node of a graph: one operation. */
export interface OnnxNode {
  readonly opType: string;
  /** Domain of the operator; `''` is the standard domain. */
  readonly domain: string;
  readonly name: string;
  /** Names of values; `''` for an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes by their names. */
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
  /** In a function: the attribute of the calling node that has the value. */
  readonly reference?: string;
}

/** A tensor in the file. */
export interface OnnxTensor {
  /** Number of its datatype in `TensorProto.DataType`; see {@link onnxTypeName}. */
  readonly elementType: number;
  readonly shape: readonly number[];
  /** True if the elements are in another file. */
  readonly isExternal?: true;
  /** Elements of a small tensor of INT64 or INT32, such as the `axes` of an operator. */
  readonly integers?: readonly number[];
}

/** An operator that the file defines as a graph of other operators. */
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
  /** Kind of value for messages: `a tensor`, `a sequence`, `a map`. */
  readonly kind: string;
  /** Of a tensor: number of its datatype in `TensorProto.DataType`; see {@link onnxTypeName}. */
  readonly elementType?: number;
  /** Of a tensor with a shape: each length, or the name of a variable one, or `undefined` for one without either. */
  readonly shape?: readonly (number | string | undefined)[];
}

/** A tensor whose elements are in another file. */
export interface OnnxExternalTensor {
  readonly name: string;
  /** Path of the file in the model, relative to the folder of the model. */
  readonly location: string;
  /**
   * `initializer` or `constant` (the value of a `Constant`) of the main graph; `elsewhere` for tensors of a branch, a
   * function, a sparse tensor or another attribute.
   */
  readonly holder: 'initializer' | 'constant' | 'elsewhere';
}

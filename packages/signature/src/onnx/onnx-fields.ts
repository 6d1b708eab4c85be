/** Type of a field; strings are `bytes`. */
export type FieldType = 'int32' | 'int64' | 'enum' | 'fixed32' | 'fixed64' | 'bytes' | 'message';

/** Cardinality of a field in its message. */
interface Field {
  readonly type: FieldType;
  readonly repeated: boolean;
  /** True if the field excludes the other fields of its message with this mark (`oneof`). */
  readonly oneOf: boolean;
}

/** Fields of a message by their numbers, which are below 32. */
export type MessageFields = Readonly<Record<number, Field>>;

const one = (type: FieldType): Field => ({ type, repeated: false, oneOf: false });
const many = (type: FieldType): Field => ({ type, repeated: true, oneOf: false });
const either = (type: FieldType): Field => ({ type, repeated: false, oneOf: true });

// Of onnx-ml.proto, https://github.com/onnx/onnx/blob/v1.20.0/onnx/onnx-ml.proto, complete messages: that a
// field occurs once is checked even if its value isn't read.

export const modelFields: MessageFields = {
  1: one('int64'), // ir_version
  2: one('bytes'), // producer_name
  3: one('bytes'), // producer_version
  4: one('bytes'), // domain
  5: one('int64'), // model_version
  6: one('bytes'), // doc_string
  7: one('message'), // graph
  8: many('message'), // opset_import
  14: many('message'), // metadata_props
  20: many('message'), // training_info
  25: many('message'), // functions
  26: many('message'), // configuration
};

export const operatorSetFields: MessageFields = {
  1: one('bytes'), // domain
  2: one('int64'), // version
};

export const entryFields: MessageFields = {
  1: one('bytes'), // key
  2: one('bytes'), // value
};

export const trainingFields: MessageFields = {
  1: one('message'), // initialization
  2: one('message'), // algorithm
  3: many('message'), // initialization_binding
  4: many('message'), // update_binding
};

export const functionFields: MessageFields = {
  1: one('bytes'), // name
  4: many('bytes'), // input
  5: many('bytes'), // output
  6: many('bytes'), // attribute
  7: many('message'), // node
  8: one('bytes'), // doc_string
  9: many('message'), // opset_import
  10: one('bytes'), // domain
  11: many('message'), // attribute_proto
  12: many('message'), // value_info
  13: one('bytes'), // overload
  14: many('message'), // metadata_props
};

export const graphFields: MessageFields = {
  1: many('message'), // node
  2: one('bytes'), // name
  5: many('message'), // initializer
  10: one('bytes'), // doc_string
  11: many('message'), // input
  12: many('message'), // output
  13: many('message'), // value_info
  14: many('message'), // quantization_annotation
  15: many('message'), // sparse_initializer
  16: many('message'), // metadata_props
};

export const nodeFields: MessageFields = {
  1: many('bytes'), // input
  2: many('bytes'), // output
  3: one('bytes'), // name
  4: one('bytes'), // op_type
  5: many('message'), // attribute
  6: one('bytes'), // doc_string
  7: one('bytes'), // domain
  8: one('bytes'), // overload
  9: many('message'), // metadata_props
  10: many('message'), // device_configurations
};

export const attributeFields: MessageFields = {
  1: one('bytes'), // name
  2: one('fixed32'), // f
  3: one('int64'), // i
  4: one('bytes'), // s
  5: one('message'), // t
  6: one('message'), // g
  7: many('fixed32'), // floats
  8: many('int64'), // ints
  9: many('bytes'), // strings
  10: many('message'), // tensors
  11: many('message'), // graphs
  13: one('bytes'), // doc_string
  14: one('message'), // tp
  15: many('message'), // type_protos
  20: one('enum'), // type
  21: one('bytes'), // ref_attr_name
  22: one('message'), // sparse_tensor
  23: many('message'), // sparse_tensors
};

export const tensorFields: MessageFields = {
  1: many('int64'), // dims
  2: one('int32'), // data_type
  3: one('message'), // segment
  4: many('fixed32'), // float_data
  5: many('int32'), // int32_data
  6: many('bytes'), // string_data
  7: many('int64'), // int64_data
  8: one('bytes'), // name
  9: one('bytes'), // raw_data
  10: many('fixed64'), // double_data
  11: many('int64'), // uint64_data
  12: one('bytes'), // doc_string
  13: many('message'), // external_data
  14: one('enum'), // data_location
  16: many('message'), // metadata_props
};

export const sparseTensorFields: MessageFields = {
  1: one('message'), // values
  2: one('message'), // indices
  3: many('int64'), // dims
};

export const valueFields: MessageFields = {
  1: one('bytes'), // name
  2: one('message'), // type
  3: one('bytes'), // doc_string
  4: many('message'), // metadata_props
};

export const typeFields: MessageFields = {
  1: either('message'), // tensor_type
  4: either('message'), // sequence_type
  5: either('message'), // map_type
  6: one('bytes'), // denotation
  7: either('message'), // opaque_type
  8: either('message'), // sparse_tensor_type
  9: either('message'), // optional_type
};

export const tensorTypeFields: MessageFields = {
  1: one('int32'), // elem_type
  2: one('message'), // shape
};

export const shapeFields: MessageFields = {
  1: many('message'), // dim
};

export const dimensionFields: MessageFields = {
  1: either('int64'), // dim_value
  2: either('bytes'), // dim_param
  3: one('bytes'), // denotation
};

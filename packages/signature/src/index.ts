export { datatypes, isDatatype } from './datatype.ts';
export type { DataByDatatype, Datatype, DatatypeInfo } from './datatype.ts';
export type { FeatureSpec, Signature, TensorSpec, ValueRange, ValueSpec } from './signature.ts';
export { elementCount } from './tensor.ts';
export type { Tensor, TensorOf } from './tensor.ts';

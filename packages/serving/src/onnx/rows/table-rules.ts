import type { Rule } from './node-view.ts';
import { axisOf, rowsOf, unclear, type RowValue } from './row-value.ts';

/** A table of rows; a list alone is one row to these operators. */
const table: Rule = (node) => {
  const rows = node.rows(0);
  return rows.shape.length === 2 && axisOf(rows) === 0 ? rowsOf(['rows', undefined]) : unclear();
};

const classifier: Rule = (node) => [rowsOf(['rows']), table(node) as RowValue];

/** Operators of ONNX-ML, as scikit-learn's models are exported to. */
export const tableRules: Readonly<Record<string, Rule>> = {
  'ai.onnx.ml:LinearClassifier': classifier,
  'ai.onnx.ml:SVMClassifier': classifier,
  'ai.onnx.ml:TreeEnsembleClassifier': classifier,
  'ai.onnx.ml:LinearRegressor': table,
  'ai.onnx.ml:SVMRegressor': table,
  'ai.onnx.ml:TreeEnsemble': table,
  'ai.onnx.ml:TreeEnsembleRegressor': table,
  'ai.onnx.ml:Normalizer': table,
  TfIdfVectorizer: table,
  'ai.onnx.ml:OneHotEncoder'(node) {
    return rowsOf([...node.rows(0).shape, undefined]);
  },
  'ai.onnx.ml:ArrayFeatureExtractor'(node) {
    node.requireFixed(1);
    return table(node);
  },
  'ai.onnx.ml:FeatureVectorizer'(node) {
    const isTable = node.inputs.every(
      (value) => value?.kind === 'rows' && value.shape.length === 2 && axisOf(value) === 0,
    );
    return isTable ? rowsOf(['rows', undefined]) : unclear();
  },
};

import type { Tensor } from '@fairlead/signature';

/** Datatypes of class labels; probabilities are floating-point numbers. */
const LABELS = /^(?:BYTES|BOOL|U?INT(?:8|16|32|64))$/;

/** Returns the label of the first row as text: of the first output with one label per row; undefined for a model without one. */
export function predictedLabel(outputs: readonly Tensor[]): string | undefined {
  const output = outputs.find(
    ({ datatype, shape, data }) =>
      LABELS.test(datatype) && data.length > 0 && data.length === (shape[0] ?? 1),
  );
  const label = output?.data[0];
  return label instanceof Uint8Array ? new TextDecoder().decode(label) : label?.toString();
}

interface OutputTensor {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown>;
}

/** Datatypes of class labels; probabilities are floating-point numbers. */
const LABELS = /^(?:BYTES|BOOL|U?INT(?:8|16|32|64))$/;

/** Returns the label of the first row as text: of the first output with one label per row; undefined for a model without one. */
export function predictedLabel(outputs: readonly unknown[]): string | undefined {
  const output = (outputs as readonly OutputTensor[]).find(
    ({ datatype, shape, data }) =>
      LABELS.test(datatype) && data.length > 0 && data.length === (shape[0] ?? 1),
  );
  const label = output?.data[0];
  if (label instanceof Uint8Array) return new TextDecoder().decode(label);
  // Numbers, big integers, booleans and strings.
  return label === undefined ? undefined : `${label as string | number}`;
}

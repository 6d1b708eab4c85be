import { SignatureError, type Tensor, type TensorSpec } from '@fairlead/signature';

/**
 * Creates the check that all inputs have the same number of rows; undefined where a version has a single input.
 *
 * It is for versions whose rows are independent: each row of an input belongs to the same row of every other input, also
 * where the model doesn't name that dimension. It runs on inputs that fit the signature.
 *
 * The check throws SignatureError `ERR_SIGNATURE_MISMATCH` naming two inputs and their numbers of rows.
 */
export function createEqualRowsCheck(
  specs: readonly TensorSpec[],
): ((inputs: readonly Tensor[]) => void) | undefined {
  if (specs.length < 2) return undefined;
  return function checkEqualRows(inputs) {
    const [first] = inputs;
    const rows = first?.shape[0];
    for (const { name, shape } of inputs) {
      if (shape[0] === rows || first === undefined) continue;
      const found = String(shape[0]);
      const expected = `${rows} rows, as tensor "${first.name}" has`;
      throw new SignatureError(
        'ERR_SIGNATURE_MISMATCH',
        `tensor "${name}": expected ${expected}, found ${found}; send a row of every input for each row`,
        { problems: [{ tensor: name, expected, found }] },
      );
    }
  };
}

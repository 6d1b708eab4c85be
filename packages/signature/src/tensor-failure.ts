import { SignatureError } from './signature-error.ts';

/** Throws the error for an invalid tensor in JSON. */
export function failTensor(tensor: string, expected: string, found: string): never {
  throw new SignatureError(
    'ERR_SIGNATURE_TENSOR_INVALID',
    `tensor "${tensor}": expected ${expected}, found ${found}`,
    { problems: [{ tensor, expected, found }] },
  );
}

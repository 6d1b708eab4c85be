import { SignatureError } from './signature-error.ts';

/** Says what is wrong with a tensor in JSON. */
export function failTensor(tensor: string, expected: string, found: string): never {
  throw new SignatureError(
    'ERR_SIGNATURE_TENSOR_INVALID',
    `tensor "${tensor}": expected ${expected}, found ${found}`,
    { problems: [{ tensor, expected, found }] },
  );
}

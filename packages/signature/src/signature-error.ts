/** Stable codes of {@link SignatureError}; each has a paragraph in `docs/errors/signature.md`. */
export type SignatureErrorCode =
  | 'ERR_SIGNATURE_INVALID'
  | 'ERR_SIGNATURE_INVALID_OPTION'
  | 'ERR_SIGNATURE_KEY_REPEATED'
  | 'ERR_SIGNATURE_MISMATCH'
  | 'ERR_SIGNATURE_TABLE_INVALID'
  | 'ERR_SIGNATURE_TENSOR_INVALID'
  | 'ERR_SIGNATURE_NOT_TEXT'
  | 'ERR_SIGNATURE_ONNX_FILES'
  | 'ERR_SIGNATURE_ONNX_INVALID';

/** One problem of one tensor. */
export interface TensorProblem {
  /** Name of the tensor in the signature or the request. */
  readonly tensor: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Error for an invalid signature, or a tensor that doesn't match one.
 *
 * @example
 * ```ts
 * import { parseSignature, SignatureError } from '@fairlead/signature';
 *
 * try {
 *   parseSignature({ inputs: [] });
 * } catch (error) {
 *   if (!(error instanceof SignatureError)) throw error;
 *   console.log(error.code); // ERR_SIGNATURE_INVALID
 * }
 * ```
 */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
  readonly code: SignatureErrorCode;
  /** All problems, in the order of the signature; empty for an error that concerns no single tensor. */
  readonly problems: readonly TensorProblem[];

  constructor(
    code: SignatureErrorCode,
    message: string,
    options: ErrorOptions & { readonly problems?: readonly TensorProblem[] } = {},
  ) {
    super(message, options);
    this.code = code;
    this.problems = options.problems ?? [];
  }
}

/** Describes any value in a message: short, and quoted if it is a text. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return String(value);
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return `a ${typeof value}`;
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** Stable codes of {@link SignatureError}; each has a paragraph in `docs/errors.md`. */
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

/** One thing wrong with one tensor. */
export interface TensorProblem {
  /** Name of the tensor, as the signature or the request has it. */
  readonly tensor: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * A signature, or a tensor that should fit one, is wrong.
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
  /** Every problem found, in the order of the signature; may be empty when the fault isn't one tensor's. */
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

/** A short, quoted and bounded picture of any value, for messages. */
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

import { SignatureError, type SignatureErrorCode, type TensorProblem } from '@fairlead/signature';
import { refusal, ServingError, type ServingErrorCode } from '../errors/serving-error.ts';

/** An error on its way to another thread, which would lose its class and its code. */
export type PackedError =
  | { readonly type: 'serving'; readonly code: ServingErrorCode; readonly message: string }
  | {
      readonly type: 'signature';
      readonly code: SignatureErrorCode;
      readonly message: string;
      readonly problems: readonly TensorProblem[];
    }
  | { readonly type: 'other'; readonly message: string };

/** Describes an error for another thread. */
export function packError(error: unknown): PackedError {
  if (error instanceof ServingError) {
    return { type: 'serving', code: error.code, message: error.message };
  }
  if (error instanceof SignatureError) {
    const { code, message, problems } = error;
    return { type: 'signature', code, message, problems: problems.slice(0, MAX_PROBLEMS) };
  }
  return { type: 'other', message: error instanceof Error ? error.message : String(error) };
}

const MAX_PROBLEMS = 100;

/** The error that was described. */
export function unpackError(packed: PackedError): Error {
  if (packed.type === 'serving') return refusal(packed.code, packed.message);
  if (packed.type === 'signature') {
    return new SignatureError(packed.code, packed.message, { problems: packed.problems });
  }
  return new Error(packed.message);
}

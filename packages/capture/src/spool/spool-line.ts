import type { CapturedColumn } from '../columns/captured-column.ts';
import type { CapturedRequest } from './captured-request.ts';

/** A version in a spool file: its requests, in later lines, have its number. */
export interface SpoolVersion {
  readonly model: string;
  readonly version: string;
  readonly columns: readonly CapturedColumn[];
}

/** One line of a spool file, which has all that is needed to convert it: the registry may be unreachable by then. */
export type SpoolLine =
  | { readonly format: 1; readonly schema: number; readonly of: SpoolVersion }
  | { readonly schema: number; readonly request: CapturedRequest };

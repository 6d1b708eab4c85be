import type { CapturedColumn } from '../columns/captured-column.ts';
import type { CapturedRequest } from './captured-request.ts';

/** A version in a spool file: its requests, in later lines, have its number. */
export interface SpoolVersion {
  readonly model: string;
  readonly version: string;
  readonly columns: readonly CapturedColumn[];
}

/** Version of the format of lines; files of format 1, which earlier releases left, are read too. */
export const SPOOL_FORMAT = 2;

/** One line of a spool file, which has all that is needed to convert it: the registry may be unreachable by then. */
export type SpoolLine =
  | { readonly format: typeof SPOOL_FORMAT; readonly schema: number; readonly of: SpoolVersion }
  | { readonly schema: number; readonly request: CapturedRequest };

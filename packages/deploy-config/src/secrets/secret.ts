import type { AbsolutePath } from '../values/absolute-path.ts';

/** Checked place that a host reads a secret from. */
export type SecretSource =
  | { readonly file: AbsolutePath }
  | { readonly ssmParameter: string; readonly region?: string }
  | { readonly secretsManager: string; readonly key?: string; readonly region?: string };

/** Checked secret of a deployment: everything but its value. */
export interface Secret {
  /** Name in messages. */
  readonly name: string;
  /** Place that a host reads the value from. */
  readonly from: SecretSource;
  /** File that the host writes. */
  readonly path: AbsolutePath;
  /** Name of the variable in that file; `undefined` if the file is the value. */
  readonly variable: string | undefined;
  /** Permission bits of the file in four octal digits. */
  readonly mode: string;
  /** Account and group of the file. */
  readonly owner: string;
}

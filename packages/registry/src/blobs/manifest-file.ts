/** One file of a version; its bytes are the blob that `sha256` names. */
export interface ManifestFile {
  /** Relative, with `/` between names: `model.onnx`, `code/app.py`. */
  readonly path: string;
  /** SHA-256 of the bytes, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Length in bytes. */
  readonly size: number;
}

/** One file, link or folder of a part. */
export type FileEntry = RegularFile | Link;

/** A regular file. */
export interface RegularFile {
  /** Path inside of the part, with `/`. */
  readonly path: string;
  /** Absolute path of the file on this machine, or its content. */
  readonly source: string | Uint8Array;
  /** Whether it may be executed; nobody but its owner may write it in any case. */
  readonly executable: boolean;
}

/** A symbolic link. */
export interface Link {
  /** Path inside of the part, with `/`. */
  readonly path: string;
  /** Target of the link. */
  readonly target: string;
}

/** Orders entries by the bytes of their paths, the same on every machine. */
export function byPath(left: FileEntry, right: FileEntry): number {
  return Buffer.compare(Buffer.from(left.path), Buffer.from(right.path));
}

/** One file, link or folder of a part. */
export type FileEntry = RegularFile | Link;

/** A regular file. */
export interface RegularFile {
  /** Path inside of the part, with `/`. */
  readonly path: string;
  /** Absolute path of the file on this machine, or its content. */
  readonly source: string | Uint8Array;
  /** Has the mode 755, else 644. */
  readonly executable: boolean;
}

/** A symbolic link. */
interface Link {
  /** Path inside of the part, with `/`. */
  readonly path: string;
  /** Target of the link. */
  readonly target: string;
}

/** Orders entries by the bytes of their paths, the same on every machine. */
export function byPath(left: FileEntry, right: FileEntry): number {
  return Buffer.compare(Buffer.from(left.path), Buffer.from(right.path));
}

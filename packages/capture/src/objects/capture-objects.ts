/** Child of a folder of a store. */
export interface CaptureObjectEntry {
  readonly name: string;
  readonly kind: 'object' | 'folder';
}

/** An object with the tag of its content. */
export interface TaggedObject {
  readonly body: Uint8Array;
  /** Differs from that of every other content that the object had. */
  readonly tag: string;
}

/** Storage of captures and labels: `captureFolder`, or `captureBucket` of `@fairlead/capture/s3`. */
export interface CaptureObjects {
  /** Location, for messages: a path or an address. */
  readonly location: string;
  /** Creates an object unless it exists, completely or not at all; resolves to true if this call created it. */
  create(key: string, body: Uint8Array): Promise<boolean>;
  /** Reads an object; undefined if it doesn't exist. */
  read(key: string): Promise<TaggedObject | undefined>;
  /** Replaces an object if its tag is still that; resolves to false, and changes nothing, if it isn't. */
  replace(key: string, body: Uint8Array, tag: string): Promise<boolean>;
  /** Removes an object, if it exists. */
  remove(key: string): Promise<void>;
  /** Lists the direct children of a folder, in order of their names; empty if it doesn't exist. */
  list(folder: string): Promise<readonly CaptureObjectEntry[]>;
  /** Removes temporary files of killed processes; resolves to their number. */
  sweep(): Promise<number>;
}

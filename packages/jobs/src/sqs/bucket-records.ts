import { isJobId } from '../queue/job-identity.ts';
import { MAX_HEAD_BYTES, unpackHead } from '../queue/packed-record.ts';
import type { RecordHead, RecordStore, StoredKind, StoredName } from '../queue/record-store.ts';
import type { JobBucket } from './job-bucket.ts';

/** Prefixes of the kinds of records, as version 0.1 named them. */
const FOLDERS: Readonly<Record<StoredKind, string>> = {
  pending: 'orders/',
  finished: 'finished/',
  keys: 'keys/',
};

/** Records as objects of a bucket, created with conditional writes. */
export class BucketRecords implements RecordStore {
  readonly #bucket: JobBucket;

  constructor(bucket: JobBucket) {
    this.#bucket = bucket;
  }

  create(kind: StoredKind, name: string, record: Buffer): Promise<boolean> {
    return this.#bucket.create(keyOf(kind, name), record);
  }

  read(kind: StoredKind, name: string): Promise<Buffer | undefined> {
    return this.#bucket.read(keyOf(kind, name));
  }

  async readHead(kind: StoredKind, name: string): Promise<RecordHead | undefined> {
    const read = await this.#bucket.readStart(keyOf(kind, name), MAX_HEAD_BYTES);
    return read && { facts: unpackHead(read.start), size: read.size };
  }

  has(kind: StoredKind, name: string): Promise<boolean> {
    return this.#bucket.has(keyOf(kind, name));
  }

  remove(kind: StoredKind, name: string): Promise<void> {
    return this.#bucket.remove(keyOf(kind, name));
  }

  async *ids(kind: 'pending' | 'finished'): AsyncGenerator<string> {
    for await (const { name } of this.list(kind)) yield name;
  }

  async *list(kind: 'pending' | 'finished'): AsyncGenerator<StoredName> {
    for await (const each of this.#bucket.list(FOLDERS[kind])) if (isJobId(each.name)) yield each;
  }

  /** S3 has no incomplete objects. */
  removeIncomplete(): Promise<void> {
    return Promise.resolve();
  }
}

function keyOf(kind: StoredKind, name: string): string {
  return `${FOLDERS[kind]}${name}`;
}

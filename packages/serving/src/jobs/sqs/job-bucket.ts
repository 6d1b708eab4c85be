import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

/** The objects of a queue's jobs, below a prefix of a bucket. */
export class JobBucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(client: S3Client, bucket: string, prefix: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  }

  /** Writes an object unless there is one; resolves to whether it did. */
  async create(key: string, body: Uint8Array): Promise<boolean> {
    try {
      const place = this.#place(key);
      await this.#client.send(new PutObjectCommand({ ...place, Body: body, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      // 409: somebody else is writing it at this moment, and is the first.
      const status = statusOf(error);
      if (status === 412) return false;
      if (status === 409) return this.create(key, body);
      throw error;
    }
  }

  /** A whole object, or its first `bytes`; undefined when it isn't there. */
  async read(key: string, bytes?: number): Promise<Buffer | undefined> {
    try {
      const range = bytes === undefined ? {} : { Range: `bytes=0-${bytes - 1}` };
      const { Body } = await this.#client.send(
        new GetObjectCommand({ ...this.#place(key), ...range }),
      );
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand(this.#place(key)));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#place(key)));
  }

  /** Names below `folder` that were written before `time`. */
  async *olderThan(folder: string, time: number): AsyncGenerator<string> {
    const { Bucket, Key: Prefix } = this.#place(folder);
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }),
      );
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        if ((LastModified?.getTime() ?? Infinity) < time) yield Key.slice(Prefix.length);
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  #place(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

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

  /** A whole object; undefined when it isn't there. */
  async read(key: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#place(key)));
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

  /** The names below `folder`, with when they were written. */
  async *list(folder: string): AsyncGenerator<{ readonly name: string; readonly timeMs: number }> {
    const { Bucket, Key: Prefix } = this.#place(folder);
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }),
      );
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        yield { name: Key.slice(Prefix.length), timeMs: LastModified?.getTime() ?? Infinity };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** The first `bytes` of an object, and how many it has; undefined when it isn't there. */
  async readStart(
    key: string,
    bytes: number,
  ): Promise<{ readonly start: Buffer; readonly size: number } | undefined> {
    try {
      const command = new GetObjectCommand({
        ...this.#place(key),
        Range: `bytes=0-${bytes - 1}`,
      });
      const { Body, ContentRange, ContentLength = 0 } = await this.#client.send(command);
      const start = Buffer.from((await Body?.transformToByteArray()) ?? []);
      const [, size = ContentLength] = /\/(\d+)$/.exec(ContentRange ?? '') ?? [];
      return { start, size: Number(size) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  #place(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

/** Objects below a prefix of a bucket. */
export class JobBucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(client: S3Client, bucket: string, prefix: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  }

  /** Writes an object unless its key exists; resolves to true when it was written. */
  async create(key: string, body: Uint8Array): Promise<boolean> {
    try {
      const location = this.#locationOf(key);
      await this.#client.send(new PutObjectCommand({ ...location, Body: body, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      // 409: another process is writing it at the same moment.
      const status = statusOf(error);
      if (status === 412) return false;
      if (status === 409) return this.create(key, body);
      throw error;
    }
  }

  /** Reads a whole object; undefined when it doesn't exist. */
  async read(key: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#locationOf(key)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand(this.#locationOf(key)));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#locationOf(key)));
  }

  /** Names below `folder`, with the time of their last write in milliseconds since the epoch. */
  async *list(
    folder: string,
  ): AsyncGenerator<{ readonly name: string; readonly modifiedAtMs: number }> {
    const { Bucket, Key: Prefix } = this.#locationOf(folder);
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }),
      );
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        yield { name: Key.slice(Prefix.length), modifiedAtMs: LastModified?.getTime() ?? Infinity };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** Reads the first `bytes` of an object, with its size; undefined when it doesn't exist. */
  async readStart(
    key: string,
    bytes: number,
  ): Promise<{ readonly start: Buffer; readonly size: number } | undefined> {
    try {
      const command = new GetObjectCommand({
        ...this.#locationOf(key),
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

  #locationOf(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

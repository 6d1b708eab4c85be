import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { invalidOption } from '../check-options.ts';
import { filesBelow } from '../files/hash-files.ts';

/** One request of S3 writes at most so much (PutObject). */
const MAX_UPLOAD_BYTES = 5 * 1024 ** 3;

/** Inputs and outputs of jobs below a location of S3. */
export class TrainingBucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  /** @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION` for a location that isn't `s3://bucket/prefix` */
  constructor(client: S3Client, location: string) {
    const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
    if (bucket === undefined) {
      throw invalidOption(`batchRunner: location must be s3://bucket/prefix, got "${location}".`);
    }
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix.replace(/\/+$/, '');
  }

  /** Address of a folder or file, for jobs. */
  address(path: string): string {
    return `s3://${this.#bucket}/${this.#key(path)}`;
  }

  /** Uploads the files of a local folder. */
  async upload(folder: string, path: string): Promise<void> {
    for (const name of await filesBelow(folder)) {
      const file = join(folder, name);
      const { size } = await stat(file);
      if (size > MAX_UPLOAD_BYTES) {
        throw invalidOption(
          `batchRunner: ${name} has ${size} bytes, and S3 takes at most ${MAX_UPLOAD_BYTES} at once. Use fewer days, or another format of the dataset.`,
        );
      }
      await this.#client.send(
        new PutObjectCommand({
          ...{ Bucket: this.#bucket, Key: this.#key(`${path}/${name}`) },
          ...{ Body: createReadStream(file), ContentLength: size },
        }),
      );
    }
  }

  /** Downloads the files of a folder; the local folder is complete, or is missing. */
  async download(path: string, folder: string): Promise<void> {
    const part = `${folder}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    const prefix = `${this.#key(path)}/`;
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ContinuationToken: token,
        }),
      );
      for (const { Key = '' } of page.Contents ?? []) {
        const name = Key.slice(prefix.length);
        // A folder that the console of S3 creates, or a name that leads out of the folder.
        if (name === '' || name.endsWith('/') || name.split('/').includes('..')) continue;
        await this.#save(Key, join(part, name));
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  }

  async #save(key: string, file: string): Promise<void> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
    );
    await mkdir(dirname(file), { recursive: true });
    await pipeline(Body instanceof Readable ? Body : Readable.from([]), createWriteStream(file));
  }

  #key(path: string): string {
    return this.#prefix === '' ? path : `${this.#prefix}/${path}`;
  }
}

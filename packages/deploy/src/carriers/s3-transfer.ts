import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/** Longest validity of a presigned address, in seconds. */
const MAX_EXPIRY_SECONDS = 7 * 86_400;

/** Longest output that is read into memory. */
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

/** Place of the input and the output of one command in a bucket. */
export interface TransferLocation {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Beginning of the keys, unique to the command. */
  readonly prefix: string;
}

/** Objects that carry the input and the output of one command; the host needs no credentials for them. */
export class S3Transfer {
  readonly #location: TransferLocation;
  readonly #written = new Set<'in' | 'out'>();

  constructor(location: TransferLocation) {
    this.#location = location;
  }

  /** Stores the standard input of the command, and returns the address to read it from. */
  async store(input: Readable | string, validMs: number): Promise<string> {
    const { s3 } = this.#location;
    const object = this.#object('in');
    this.#written.add('in');
    if (typeof input === 'string') {
      await s3.send(new PutObjectCommand({ ...object, Body: input }));
    } else {
      await this.#storeStream(input);
    }
    return getSignedUrl(s3, new GetObjectCommand(object), { expiresIn: seconds(validMs) });
  }

  /** Returns the address that a long standard output is written to. */
  outputUrl(validMs: number): Promise<string> {
    const command = new PutObjectCommand(this.#object('out'));
    this.#written.add('out');
    // The checksum would be that of the empty body of this command, and S3 would reject every other body.
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        for (const name of Object.keys(headers)) {
          if (/^x-amz-(?:sdk-)?checksum-/i.test(name)) Reflect.deleteProperty(headers, name);
        }
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    return getSignedUrl(this.#location.s3, command, { expiresIn: seconds(validMs) });
  }

  /**
   * Reads the output that the host stored.
   *
   * @throws Error when it is longer than 64 MiB, which no command of a deployment prints
   */
  async readOutput(): Promise<string> {
    const { Body, ContentLength = 0 } = await this.#location.s3.send(
      new GetObjectCommand(this.#object('out')),
    );
    if (ContentLength > MAX_OUTPUT_BYTES) {
      // Otherwise the connection would stay open.
      if (Body instanceof Readable) Body.destroy();
      throw new Error(`the host printed ${ContentLength} bytes, more than ${MAX_OUTPUT_BYTES}`);
    }
    return (await Body?.transformToString()) ?? '';
  }

  /** Removes the objects; what can't be removed stays, since the command has ended. */
  async remove(): Promise<void> {
    const removing = [...this.#written].map((name) =>
      this.#location.s3.send(new DeleteObjectCommand(this.#object(name))).catch(() => undefined),
    );
    await Promise.all(removing);
  }

  /** Stores a stream by way of a file, because S3 needs the length first. */
  async #storeStream(input: Readable): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-ssm-'));
    try {
      const path = join(folder, 'in');
      await pipeline(input, createWriteStream(path, { mode: 0o600 }));
      const { size } = await stat(path);
      const body = { Body: createReadStream(path), ContentLength: size };
      await this.#location.s3.send(new PutObjectCommand({ ...this.#object('in'), ...body }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #object(name: 'in' | 'out'): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.#location;
    return { Bucket: bucket, Key: `${prefix}/${name}` };
  }
}

function seconds(ms: number): number {
  return Math.min(Math.ceil(ms / 1_000), MAX_EXPIRY_SECONDS);
}

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BodyPart } from './body-parts.ts';
import { nameOf, statusOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';

/** Parts on their way at a time: enough to fill a network, few enough to hold in memory. */
const PARTS_AT_A_TIME = 4;

/** An object that arrives in parts, and exists only once all of them did. */
export class MultipartUpload {
  readonly #requests: S3Requests;
  readonly #key: string;
  readonly #uploadId: string;

  private constructor(requests: S3Requests, key: string, uploadId: string) {
    this.#requests = requests;
    this.#key = key;
    this.#uploadId = uploadId;
  }

  /** Begins an upload of the object `key`. */
  static async begin(
    requests: S3Requests,
    key: string,
    metadata: Record<string, string>,
  ): Promise<MultipartUpload> {
    const command = new CreateMultipartUploadCommand({
      Bucket: requests.location.bucket,
      Key: requests.keyOf(key),
      Metadata: metadata,
    });
    const { UploadId = '' } = await requests.run('write', key, (attempt) =>
      requests.client.send(command, attempt),
    );
    return new MultipartUpload(requests, key, UploadId);
  }

  /**
   * Uploads `first` and `rest`, and makes them the object unless there is one by then.
   *
   * Resolves to `refused` when there is one (which may be this very upload, if an answer was lost) or when S3 doesn't
   * know the upload any more. What isn't completed is aborted, so that S3 doesn't keep, and bill, its parts.
   */
  async complete(first: BodyPart, rest: AsyncIterable<BodyPart>): Promise<'created' | 'refused'> {
    let outcome: 'created' | 'refused' | undefined;
    try {
      const parts = await this.#uploadAll(first, rest);
      outcome = parts && (await this.#join(parts));
      return outcome ?? 'refused';
    } finally {
      if (outcome !== 'created') await this.#abort();
    }
  }

  /** The parts as S3 names them; `undefined` when it doesn't know the upload any more. */
  async #uploadAll(
    first: BodyPart,
    rest: AsyncIterable<BodyPart>,
  ): Promise<CompletedPart[] | undefined> {
    const running = new Set<Promise<unknown>>();
    const parts: Promise<CompletedPart | undefined>[] = [];
    const start = (part: BodyPart): void => {
      const upload = this.#uploadPart(part.bytes, parts.length + 1);
      parts.push(upload);
      running.add(upload);
      const done = (): boolean => running.delete(upload);
      // Whoever waits below hears of a failure; until then it isn't unhandled.
      upload.then(done, () => undefined);
    };
    try {
      start(first);
      for await (const part of rest) {
        if (running.size >= PARTS_AT_A_TIME) await Promise.race(running);
        start(part);
      }
      const uploaded = await Promise.all(parts);
      const known = uploaded.filter((part) => part !== undefined);
      return known.length === uploaded.length ? known : undefined;
    } finally {
      // None may arrive after the upload was aborted.
      await Promise.allSettled(parts);
    }
  }

  async #uploadPart(bytes: Uint8Array, number: number): Promise<CompletedPart | undefined> {
    const command = new UploadPartCommand({ ...this.#ids(), PartNumber: number, Body: bytes });
    return this.#requests.run(
      'write',
      this.#key,
      (attempt) =>
        this.#requests.client.send(command, attempt).then(
          ({ ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME }) => ({
            PartNumber: number,
            ...(ETag !== undefined && { ETag }),
            ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
            ...(ChecksumCRC32C !== undefined && { ChecksumCRC32C }),
            ...(ChecksumCRC64NVME !== undefined && { ChecksumCRC64NVME }),
          }),
          (error: unknown) => {
            if (nameOf(error) === 'NoSuchUpload') return undefined;
            throw error;
          },
        ),
      bytes.length,
    );
  }

  #join(parts: CompletedPart[]): Promise<'created' | 'refused'> {
    const command = new CompleteMultipartUploadCommand({
      ...this.#ids(),
      MultipartUpload: { Parts: parts },
      IfNoneMatch: '*',
    });
    return this.#requests.run('write', this.#key, (attempt) =>
      this.#requests.client.send(command, attempt).then(
        () => 'created' as const,
        (error: unknown) => {
          // After a conflict S3 wants the whole upload anew
          // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
          const status = statusOf(error);
          if (status === 412 || status === 409 || nameOf(error) === 'NoSuchUpload') {
            return 'refused' as const;
          }
          throw error;
        },
      ),
    );
  }

  async #abort(): Promise<void> {
    const command = new AbortMultipartUploadCommand(this.#ids());
    const signal = AbortSignal.timeout(this.#requests.timeoutMs);
    // What can't be removed now is left to a sweep.
    await this.#requests.client.send(command, { abortSignal: signal }).catch(() => undefined);
  }

  #ids() {
    return {
      Bucket: this.#requests.location.bucket,
      Key: this.#requests.keyOf(this.#key),
      UploadId: this.#uploadId,
    };
  }
}

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type Part,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { RegistryError } from '../errors/registry-error.ts';
import type { BodyPart } from './body-parts.ts';
import { findUpload, type FoundUpload } from './find-upload.ts';
import { nameOf, statusOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';
import { isSamePart } from './same-part.ts';

/** Parts on their way at a time: enough to fill a network, few enough to hold in memory. */
const PARTS_AT_A_TIME = 4;

/** An object that is uploaded in parts, and exists when all parts are complete. */
export class MultipartUpload {
  readonly #requests: S3Requests;
  readonly #key: string;
  readonly #uploadId: string;
  /** Parts that S3 has already, of an earlier attempt. */
  readonly #there: ReadonlyMap<number, Part>;
  readonly #resumable: boolean;

  private constructor(
    requests: S3Requests,
    key: string,
    { uploadId, parts }: FoundUpload,
    resumable: boolean,
  ) {
    this.#requests = requests;
    this.#key = key;
    this.#uploadId = uploadId;
    this.#there = parts;
    this.#resumable = resumable;
  }

  /**
   * Begins an upload of the object `key`; a `resumable` one continues an earlier upload, if there is one.
   *
   * Only uploads that have the same bytes under the same key for every writer are resumable: the earlier one may be of a writer that
   * is still under way.
   */
  static async begin(
    requests: S3Requests,
    key: string,
    metadata: Record<string, string>,
    resumable: boolean,
  ): Promise<MultipartUpload> {
    const found = resumable ? await findUpload(requests, key) : undefined;
    if (found !== undefined) return new MultipartUpload(requests, key, found, resumable);
    const command = new CreateMultipartUploadCommand({
      Bucket: requests.location.bucket,
      Key: requests.keyOf(key),
      Metadata: metadata,
    });
    const { UploadId = '' } = await requests.run('write', key, (attempt) =>
      requests.client.send(command, attempt),
    );
    const upload = { uploadId: UploadId, parts: new Map<number, Part>() };
    return new MultipartUpload(requests, key, upload, resumable);
  }

  /**
   * Uploads `first` and `rest`, and completes the object unless it exists by then.
   *
   * Resolves to `refused` if the object exists (maybe by this upload, if an answer was lost), or if S3 no longer has the upload.
   * An incomplete upload is aborted, so that S3 doesn't store and bill its parts; if S3 failed and the upload is resumable, its
   * parts stay until a sweep.
   */
  async complete(first: BodyPart, rest: AsyncIterable<BodyPart>): Promise<'created' | 'refused'> {
    let keep = false;
    try {
      const parts = await this.#uploadAll(first, rest);
      const outcome = (parts && (await this.#join(parts))) ?? 'refused';
      keep = outcome === 'created';
      return outcome;
    } catch (error) {
      keep = this.#resumable && isStoreFailure(error);
      throw error;
    } finally {
      if (!keep) await this.#abort();
    }
  }

  /** Returns the parts with the tags of S3; `undefined` if S3 no longer has the upload. */
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
      // A failure is handled by the await below; until then it isn't unhandled.
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
    const there = this.#there.get(number);
    if (there !== undefined && isSamePart(there, bytes)) return completed(number, there);
    const command = new UploadPartCommand({ ...this.#ids(), PartNumber: number, Body: bytes });
    return this.#requests.run(
      'write',
      this.#key,
      (attempt) =>
        this.#requests.client.send(command, attempt).then(
          (part) => completed(number, part),
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
          // After a conflict S3 requires the whole upload again
          // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
          const status = statusOf(error);
          // A part is invalid when another writer, which resumed the same upload, has sent it again.
          const isRivals = this.#resumable && nameOf(error) === 'InvalidPart';
          if (status === 412 || status === 409 || nameOf(error) === 'NoSuchUpload' || isRivals) {
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
    // An upload that can't be removed now is left to a sweep.
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

function completed(
  PartNumber: number,
  { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME }: Omit<Part, 'PartNumber'>,
): CompletedPart {
  return {
    PartNumber,
    ...(ETag !== undefined && { ETag }),
    ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
    ...(ChecksumCRC32C !== undefined && { ChecksumCRC32C }),
    ...(ChecksumCRC64NVME !== undefined && { ChecksumCRC64NVME }),
  };
}

function isStoreFailure(error: unknown): boolean {
  return error instanceof RegistryError && error.code.startsWith('ERR_REGISTRY_STORE_');
}

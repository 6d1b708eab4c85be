import { PutObjectCommand } from '@aws-sdk/client-s3';
import { RegistryError } from '../errors/registry-error.ts';
import { MultipartUpload } from './multipart-upload.ts';
import { removeObject } from './remove-object.ts';
import { statusOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';

/** No segment of a key of a registry, so no listing contains the object while it exists. */
const PROBE = '.conditional-write-check';
const BODY = Buffer.from('Written to find out whether this store keeps to If-None-Match.\n');

/** A process that deletes its probe at the same moment can make one attempt fail, but not all of these. */
const MAX_ATTEMPTS = 3;

/**
 * Checks once that a store honors `If-None-Match: *`; in a store that ignores it writers overwrite each other.
 *
 * Needs three requests: a small object is written twice, which has to be rejected the second time, and deleted. Without
 * permission to write the check is skipped; without permission to delete the object stays, and the next check needs one request.
 */
export class ConditionalWriteCheck {
  readonly #requests: S3Requests;
  #put: Promise<void> | undefined;
  #multipart: Promise<void> | undefined;

  constructor(requests: S3Requests) {
    this.#requests = requests;
  }

  /** @throws RegistryError `ERR_REGISTRY_STORE_UNSUPPORTED` when an object can be overwritten. */
  put(): Promise<void> {
    this.#put ??= this.#unlessDenied(() => this.#checkPut()).catch((error: unknown) => {
      // A temporary failure is no result.
      if (!isUnsupported(error)) this.#put = undefined;
      throw error;
    });
    return this.#put;
  }

  /** @throws RegistryError `ERR_REGISTRY_STORE_UNSUPPORTED` when an upload in parts can overwrite an object. */
  multipart(): Promise<void> {
    this.#multipart ??= this.#unlessDenied(() => this.#checkMultipart()).catch((error: unknown) => {
      if (!isUnsupported(error)) this.#multipart = undefined;
      throw error;
    });
    return this.#multipart;
  }

  async #checkPut(): Promise<void> {
    if (!(await this.#write())) return;
    try {
      if (await this.#write()) throw this.#unsupported('PutObject');
    } finally {
      await this.#remove();
    }
  }

  async #checkMultipart(): Promise<void> {
    let created = false;
    try {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        if (await this.#write()) created = true;
        const upload = await MultipartUpload.begin(this.#requests, PROBE, {}, false);
        const outcome = await upload.complete({ bytes: BODY, last: true }, none());
        if (outcome === 'refused') return;
        created = true;
      }
      throw this.#unsupported('CompleteMultipartUpload');
    } finally {
      if (created) await this.#remove();
    }
  }

  /** Resolves to whether the probe was created, or refused because it exists. */
  #write(): Promise<boolean> {
    const command = new PutObjectCommand({
      Bucket: this.#requests.location.bucket,
      Key: this.#requests.keyOf(PROBE),
      Body: BODY,
      IfNoneMatch: '*',
    });
    return this.#requests.run('write', PROBE, (attempt) =>
      this.#requests.client.send(command, attempt).then(
        () => true,
        (error: unknown) => {
          if (statusOf(error) === 412) return false;
          throw error;
        },
      ),
    );
  }

  /** Many writers have no permission to delete: the probe then stays, which is harmless. */
  async #remove(): Promise<void> {
    await removeObject(this.#requests, PROBE).catch(() => undefined);
  }

  async #unlessDenied(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      const isDenied = error instanceof RegistryError && error.code === 'ERR_REGISTRY_STORE_DENIED';
      if (!isDenied) throw error;
    }
  }

  #unsupported(operation: string): RegistryError {
    const { bucket, prefix } = this.#requests.location;
    return new RegistryError(
      'ERR_REGISTRY_STORE_UNSUPPORTED',
      `the store of s3://${bucket}/${prefix} overlooks If-None-Match (${operation} overwrote an object): ` +
        'writers would overwrite the versions and aliases of each other; use S3, or a release of this service that has conditional writes',
    );
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'ERR_REGISTRY_STORE_UNSUPPORTED';
}

async function* none(): AsyncGenerator<never, void> {
  // One part is the whole probe.
}

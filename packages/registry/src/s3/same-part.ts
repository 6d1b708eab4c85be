import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Part } from '@aws-sdk/client-s3';

/**
 * Returns whether S3 has exactly these bytes as a part: by its ETag, which is their MD5 unless they are encrypted with a key of KMS,
 * or by the CRC-32 that the SDK sent along.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Part.html
 */
export function isSamePart(part: Part, bytes: Uint8Array): boolean {
  if (part.Size !== bytes.length) return false;
  if (part.ETag?.replaceAll('"', '') === md5Of(bytes)) return true;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return part.ChecksumCRC32 === sum.toString('base64');
}

function md5Of(bytes: Uint8Array): string | undefined {
  try {
    return createHash('md5').update(bytes).digest('hex');
  } catch {
    // The host allows only FIPS algorithms.
    return undefined;
  }
}

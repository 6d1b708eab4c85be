import { createHash } from 'node:crypto';
import type { PushRequest } from '@fairlead/registry';
import { digits } from './sample-registry.ts';

/** Number of parts of 5 MiB of the file of {@link bigRequest}. */
export const BIG_PARTS = 3;

/** A push of a file of several parts, the same each time. */
export function bigRequest(): PushRequest {
  const bytes = Buffer.alloc(BIG_PARTS * 5 * 1024 * 1024);
  let block = createHash('sha256').update('big').digest();
  for (let start = 0; start < bytes.length; start += 4096) {
    block = createHash('sha256').update(block).digest();
    bytes.fill(block, start, start + 4096);
  }
  return digits('', { files: { 'model.onnx': bytes } });
}

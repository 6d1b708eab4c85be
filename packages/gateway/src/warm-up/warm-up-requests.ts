import type { LoadedVersion } from '@fairlead/serving';
import {
  createSignatureCheck,
  encodeTensor,
  type Signature,
  type Tensor,
} from '@fairlead/signature';

/** Bytes of all requests that are sent at the same time: models with larger inputs get fewer of them, or none. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Times that each request is sent at the same time, so that some share executions. */
const COPIES = 2;
/** Requests with different headers. */
const HEADS = 4;

/** Maximum number of requests that are sent at the same time. */
export const MAX_REQUESTS = COPIES * HEADS;

/**
 * Returns the body of requests for inputs that a version has answered; undefined where there are none, where clients may not send them, or where they
 * are larger than what a warm-up may take of the memory.
 */
export function warmUpBody(
  { answeredInputs, signature }: LoadedVersion,
  maxBodyBytes: number,
): Buffer | undefined {
  // Before they are written as text, which takes several times as much.
  if (answeredInputs === undefined || bytesOf(answeredInputs) > MAX_BYTES) return undefined;
  if (!fits(answeredInputs, signature)) return undefined;
  const body = Buffer.from(`{"inputs":[${answeredInputs.map(encodeTensor).join(',')}]}`);
  return body.length > Math.min(maxBodyBytes, MAX_BYTES) ? undefined : body;
}

/** Returns requests that are sent at the same time, with the headers of several clients. */
export function warmUpRequests(
  { label: { model } }: LoadedVersion,
  body: Buffer,
  key: string | undefined,
): readonly Buffer[] {
  const length = `content-length: ${body.length}`;
  const type = 'content-type: application/json';
  const authorization = key === undefined ? [] : [`authorization: Bearer ${key}`];
  // Objects of headers in another order have another shape, for which V8 compiles the code again.
  const heads = [
    ['host: localhost', type, ...authorization, length],
    ['host: localhost', ...authorization, type, length],
    ['host: localhost', 'user-agent: warm-up', 'accept: */*', ...authorization, type, length],
    [...authorization, type, length, 'host: localhost', 'connection: keep-alive'],
  ];
  const count = Math.min(MAX_REQUESTS, Math.floor(MAX_BYTES / body.length));
  const requests = heads.slice(0, count).map((headers) => {
    const path = `/v2/models/${encodeURIComponent(model)}/infer`;
    const head = [`POST ${path} HTTP/1.1`, ...headers].join('\r\n');
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
  });
  return Array.from({ length: COPIES }, () => requests)
    .flat()
    .slice(0, count);
}

/** Returns whether inputs fit a signature: zeros that were tried at the load may be outside of its ranges. */
function fits(tensors: readonly Tensor[], { inputs }: Signature): boolean {
  try {
    createSignatureCheck(inputs)(tensors);
    return true;
  } catch {
    return false;
  }
}

function bytesOf(tensors: readonly Tensor[]): number {
  let bytes = 0;
  for (const { data } of tensors) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const element of data) bytes += element.byteLength;
  }
  return bytes;
}

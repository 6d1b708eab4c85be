import type { IncomingMessage } from 'node:http';
import type { BodyMemory } from '@fairlead/serving';

/** A body that can't be used, as the client is answered. */
export class BodyProblem extends Error {
  override readonly name = 'BodyProblem';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Options of {@link withJsonBody}. */
export interface JsonBodyOptions {
  /** Memory of all request bodies of the process. */
  readonly bodies: BodyMemory;
  readonly client: string;
  readonly maxBytes: number;
}

/**
 * Reads a JSON body that is not compressed, and passes it to `use`. It takes memory of all bodies until `use` settles, which may wait for a store.
 *
 * @throws BodyProblem with 400, 413 or 415; ServingError when the bodies of all requests, or of the client's, take too much memory
 */
export async function withJsonBody<T>(
  req: IncomingMessage,
  { bodies, client, maxBytes }: JsonBodyOptions,
  use: (body: unknown) => Promise<T>,
): Promise<T> {
  const { 'content-type': type = 'application/json', 'content-encoding': encoding = 'identity' } =
    req.headers;
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new BodyProblem(415, `the media type must be application/json, got ${describe(type)}`);
  }
  if (encoding !== 'identity') {
    throw new BodyProblem(415, `the body must not be compressed, got ${describe(encoding)}`);
  }
  const account = bodies.open(client);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw new BodyProblem(413, `the body must not be larger than ${maxBytes} bytes`);
      }
      account.resize(bytes);
      chunks.push(chunk);
    }
    return await use(parse(Buffer.concat(chunks)));
  } finally {
    account.close();
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    throw new BodyProblem(400, 'the body must be JSON in UTF-8');
  }
}

function describe(header: string): string {
  return JSON.stringify(header.slice(0, 80));
}

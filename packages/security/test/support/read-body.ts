import type { IncomingMessage, ServerResponse } from 'node:http';

/** A handler that reads the whole body and answers with its length, as a protocol would. */
export async function echoLength(req: IncomingMessage, res: ServerResponse): Promise<void> {
  let length = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) length += chunk.byteLength;
  res.end(JSON.stringify({ length }));
}
